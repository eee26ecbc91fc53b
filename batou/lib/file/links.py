"""`Symlink`."""

import os
from typing import Any

from batou.errors import UpdateNeeded
from batou.lib.file.base import FileComponent
from batou.lib.file.places import what_is_there
from batou.lib.file.presence import Directory
from batou.lib.file.removal import ensure_path_nonexistent
from batou.lib.file.writing import replace_link


class Symlink(FileComponent):
    """A link at *target* that points to *source*.

    Both are mapped, so the link holds an absolute path. With *relative* it holds
    the way from the link's directory to *source* instead.
    """

    namevar = "target"

    target: str
    source: Any = None
    relative: bool = False

    def configure(self) -> None:
        if self.source is None:
            raise TypeError(f"source of the link {self.target!r} is None, wanted a path")
        self.path = self.target
        super().configure()
        self.target = self.path
        self.source = self.map(self.source)
        if self.leading:
            self += Directory(os.path.dirname(self.target), leading=True, _path_is_mapped=True)

    def _destination(self) -> str:
        """What the link has to hold."""
        if self.relative:
            return os.path.relpath(self.source, os.path.dirname(self.target))
        return str(self.source)

    def verify(self) -> None:
        destination = self._destination()
        try:
            current = os.readlink(self.target)
        except OSError:
            reason = what_is_there(self.target, f"a link to {destination!r}")
            raise UpdateNeeded(reason) from None
        if current != destination:
            raise UpdateNeeded(f"points to {current!r}, wanted {destination!r}")

    def update(self) -> None:
        if os.path.isdir(self.target) and not os.path.islink(self.target):
            ensure_path_nonexistent(self.target)
        replace_link(self.target, self._destination())
