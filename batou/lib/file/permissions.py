"""Who may do what with a path: `Owner`, `Group`, `Mode`."""

import os
import re
import stat
from collections.abc import Callable
from typing import Any

from batou.component import Attribute
from batou.errors import ConfigurationError, ConversionError, UpdateNeeded
from batou.lib.file.base import FileComponent

_WANTED = "octal digits such as '0644', or nine letters such as 'rw-r--r--'"

_BITS = {(place, "rwx"[place % 3]): 0o400 >> place for place in range(9)} | {
    (2, "s"): 0o4100,
    (2, "S"): 0o4000,
    (5, "s"): 0o2010,
    (5, "S"): 0o2000,
    (8, "t"): 0o1001,
    (8, "T"): 0o1000,
}
"""The bits of a letter at one of the nine places, as ls(1) shows them."""


def convert_mode(string: str) -> int:
    """The mode that *string* stands for: octal digits, or nine letters as ls(1) shows them.

    Raises SyntaxError for anything else.

    >>> oct(convert_mode("rwxr-x---")), oct(convert_mode("0644")), oct(convert_mode("rwsr-xr-t"))
    ('0o750', '0o644', '0o5755')
    """
    if re.fullmatch(r"(0o)?[0-7]{1,5}", string) and int(string, 8) <= 0o7777:
        return int(string, 8)
    if len(string) != 9:
        raise SyntaxError(f"mode is {string!r}, wanted {_WANTED}")
    mode = 0
    for place, letter in enumerate(string):
        if letter == "-":
            continue
        if (place, letter) not in _BITS:
            raise SyntaxError(
                f"mode is {string!r}, wanted {_WANTED}: "
                f"{letter!r} cannot stand at place {place + 1}"
            )
        mode |= _BITS[place, letter]
    return mode


class Mode(FileComponent):
    """The permissions of a path.

    *mode* is a number such as ``0o640``, octal digits or nine letters, with the
    bits for setuid, setgid and sticky. A link has no mode of its own on Linux,
    so there is nothing to do for one.
    """

    mode: Any = Attribute(default=None)

    def configure(self) -> None:
        super().configure()
        self.mode = self._converted(self.mode)

    def _converted(self, mode: Any) -> int:
        if isinstance(mode, str):
            try:
                return convert_mode(mode)
            except SyntaxError as error:
                raise ConversionError.from_context(
                    self, "mode", mode, convert_mode, error.msg
                ) from None
        if isinstance(mode, int) and not isinstance(mode, bool):
            if 0 <= mode <= 0o7777:
                return mode
            raise ConfigurationError(f"mode is {mode:#o}, wanted 0 to 0o7777", self)
        raise ConfigurationError(f"mode is {mode!r}, wanted a number, {_WANTED}", self)

    def verify(self) -> None:
        try:
            current = os.lstat(self.path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise UpdateNeeded("missing") from None
        if stat.S_ISLNK(current) and not hasattr(os, "lchmod"):
            return
        if stat.S_IMODE(current) != self.mode:
            raise UpdateNeeded(f"mode is {stat.S_IMODE(current):04o}, wanted {self.mode:04o}")

    def update(self) -> None:
        change: Callable[[str, int], None] = getattr(os, "lchmod", os.chmod)
        change(self.path, self.mode)


class _Ownership(FileComponent):
    """What `Owner` and `Group` have in common: one id of a path, by name or number."""

    _kind = ""
    _field = ""

    def _wanted(self) -> Any:
        return getattr(self, self._kind)

    def _database_id(self, name: str) -> int:
        """The id of *name* on this host; raises KeyError."""
        raise NotImplementedError

    def configure(self) -> None:
        super().configure()
        wanted = self._wanted()
        if not isinstance(wanted, (str, int)) or wanted == "":
            raise ConfigurationError(
                f"{self._kind} is {wanted!r}, wanted the name of a {self._noun} or its number", self
            )

    @property
    def _noun(self) -> str:
        return "user" if self._kind == "owner" else "group"

    def _wanted_id(self) -> int:
        wanted = self._wanted()
        if isinstance(wanted, int):
            return wanted
        try:
            return self._database_id(wanted)
        except KeyError:
            if wanted.isascii() and wanted.isdigit():
                return int(wanted)
            raise KeyError(f"{self._noun} {wanted!r} does not exist on this host") from None

    def verify(self, predicting: bool = False) -> None:
        try:
            wanted_id = self._wanted_id()
        except KeyError as error:
            if predicting:  # the deployment may make it before it comes here
                raise UpdateNeeded(f"{error.args[0]} yet") from None
            raise
        try:
            current = int(getattr(os.stat(self.path), self._field))
        except (FileNotFoundError, NotADirectoryError):
            raise UpdateNeeded("missing") from None
        if current != wanted_id:
            raise UpdateNeeded(f"{self._kind} is {current}, wanted {self._shown(wanted_id)}")

    def _shown(self, wanted_id: int) -> str:
        wanted = self._wanted()
        return str(wanted) if isinstance(wanted, int) else f"{wanted!r} ({wanted_id})"


class Owner(_Ownership):
    """The user that a path belongs to, by name or uid; the name is looked up on the host."""

    owner: str | int | None = None

    _kind = "owner"
    _field = "st_uid"

    def _database_id(self, name: str) -> int:
        import pwd

        return pwd.getpwnam(name).pw_uid

    def update(self) -> None:
        os.chown(self.path, self._wanted_id(), -1)


class Group(_Ownership):
    """The group that a path belongs to, by name or gid; the name is looked up on the host."""

    group: str | int | None = None

    _kind = "group"
    _field = "st_gid"

    def _database_id(self, name: str) -> int:
        import grp

        return grp.getgrnam(name).gr_gid

    def update(self) -> None:
        os.chown(self.path, -1, self._wanted_id())
