"""`Unit` and `DropIn`: files that systemd reads."""

import os
import re
from collections.abc import Iterable
from typing import Any

from batou.component import Component
from batou.errors import ConfigurationError, UpdateNeeded
from batou.lib.file import File
from batou.lib.systemd.errors import NoManager
from batou.lib.systemd.manager import Manager, needs_reload
from batou.lib.systemd.state import Disabled, Enabled, Running, Stopped

KINDS = (
    *("service", "timer", "socket", "path", "target", "mount", "automount"),
    *("slice", "swap", "scope"),
)
NAME = re.compile(rf"[\w:.\\@-]+\.({'|'.join(KINDS)})")


class ReadyManager(Component):
    """systemd answers; with *user*, that of the current user, who has to linger."""

    user = False

    def verify(self, predicting: bool = False) -> None:
        if predicting:
            return  # an earlier component may be what makes it so
        manager = Manager(self.user)
        if self.user:
            manager.require_lingering()
        manager.show()


class Loaded(Component):
    """systemd has read the files of *unit* as they are now."""

    namevar = "unit"

    unit: str
    user = False
    file: Any = None

    def verify(self, predicting: bool = False) -> None:
        if self.file.changed:
            raise UpdateNeeded(f"{self.file._breadcrumb} changed")
        try:
            found = Manager(self.user).show(self.unit)
        except NoManager as error:
            if predicting:
                raise UpdateNeeded(f"cannot tell: {error.summary()}") from None
            raise
        if "@." not in self.unit and needs_reload(found):
            raise UpdateNeeded("systemd has not read its file")

    def update(self) -> None:
        Manager(self.user).run("daemon-reload")


class _UnitFile(Component):
    """Base of what puts a file where systemd looks for it.

    With *user* it is that of the current user's manager, else of the system's. Without
    *content* and *source* it is the file of the same name beside component.py. After
    configure ``path`` is where it is. Where the environment maps it elsewhere, systemd
    is left alone.
    """

    content: str | None = None
    source: Any = ""
    is_template = True
    template_context: Any = None
    template_args: dict[str, Any] | None = None
    user = False

    path: str
    file: File

    def _add_file(self, place: str, unit: str) -> bool:
        """Add the file *place*, below the directory of the manager, for *unit*.

        Returns whether systemd looks there.
        """
        place = os.path.join(Manager(self.user).directory, place)
        is_seen = self.map(place) == os.path.expanduser(place)
        if is_seen:
            self += ReadyManager(user=self.user)
        content: dict[str, Any] = {} if self.content is None else {"content": self.content}
        self.file = File(
            place,
            source=self.source,
            is_template=self.is_template,
            template_context=self.template_context or self.parent,
            template_args=self.template_args,
            mode=0o644,
            leading=True,
            **content,
        )
        self += self.file
        self.path = self.file.path
        if is_seen:
            self += Loaded(unit, user=self.user, file=self.file)
        return is_seen


class Unit(_UnitFile):
    """A unit that is installed, and as wanted enabled and running.

    *enable* and *running* may be True, False, or None to leave that alone. A running
    unit is restarted if its file changed, or one of *dependencies*, by default the
    component that added it; see `Running`.
    """

    namevar = "name"

    name: str
    enable: bool | None = True
    running: bool | None = True
    dependencies: Iterable[Component] | None = None
    on_change = "restart"
    timeout = 60
    settle = 1

    def configure(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ConfigurationError.from_context(
                f"{self.name!r} is no name of a unit, expected something like 'app.service'", self
            )
        if self.name.partition("@")[2].startswith(".") and (self.enable or self.running):
            raise ConfigurationError.from_context(
                f"{self.name!r} is a template: give enable=None and running=None, "
                f"and add Running({self.name.replace('@.', '@NAME.')!r})",
                self,
            )
        if self._add_file(self.name, self.name):
            self._add_states()

    def _add_states(self) -> None:
        if self.enable:
            self += Enabled(self.name, user=self.user, dependencies=(self.file,))
        elif self.enable is not None:
            self += Disabled(self.name, user=self.user)
        if self.running:
            self += Running(
                self.name,
                user=self.user,
                dependencies=(self.parent,) if self.dependencies is None else self.dependencies,
                on_change=self.on_change,
                timeout=self.timeout,
                settle=self.settle,
                _definition=self.file,
            )
        elif self.running is not None:
            self += Stopped(self.name, user=self.user, timeout=self.timeout)


class DropIn(_UnitFile):
    """A file that adds to a *unit* which somebody else has installed.

    It becomes *name* ``.conf`` in the directory ``UNIT.d``. Add a `Running` for the unit
    to have it restarted.
    """

    namevar = "unit"

    unit: str
    name = "batou"

    def configure(self) -> None:
        if not NAME.fullmatch(self.unit):
            raise ConfigurationError.from_context(
                f"{self.unit!r} is no name of a unit, expected something like 'app.service'", self
            )
        self._add_file(os.path.join(f"{self.unit}.d", f"{self.name}.conf"), self.unit)
