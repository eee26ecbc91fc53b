"""The state of units, whoever has installed them: running, enabled, and their opposites."""

import time
from collections.abc import Iterable

from batou.component import Component
from batou.errors import CmdExecutionError, CmdTimeout, ConfigurationError, UpdateNeeded
from batou.lib.systemd.errors import CannotEnable, NoManager, UnitFailed
from batou.lib.systemd.manager import Manager, is_up, shown

ENABLED = ("enabled", "alias", "generated", "indirect")
RESTARTS = 3
"""How often a unit may be restarted by systemd until it counts as failed."""


class State(Component):
    """Base of the states of a unit."""

    namevar = "unit"

    unit: str
    user = False

    _manager: Manager

    def configure(self) -> None:
        if "." not in self.unit:
            raise ConfigurationError.from_context(
                f"{self.unit!r} is no name of a unit, expected something like "
                f"'{self.unit}.service'",
                self,
            )
        self._manager = Manager(self.user)

    def _show(self, predicting: bool = False) -> dict[str, str]:
        try:
            return self._manager.show(self.unit)
        except NoManager as error:
            if predicting:
                raise UpdateNeeded(f"cannot tell: {error.summary()}") from None
            raise


class Enabled(State):
    """A unit that is started when the host boots, or whenever its file says.

    It is enabled anew if one of *dependencies* changed, as that may say something else.
    """

    dependencies: Iterable[Component] = ()

    def verify(self, predicting: bool = False) -> None:
        state = self._show(predicting).get("UnitFileState")
        for dependency in self.dependencies:
            dependency.assert_no_changes()
        if state not in ENABLED:
            raise UpdateNeeded(f"it is {state or 'unknown'}, wanted enabled")

    def update(self) -> None:
        found = self._manager.reload_if_needed(self.unit)
        if found["UnitFileState"].startswith("masked"):
            self._manager.run("unmask", "--", self.unit)
        again = found["UnitFileState"] == "enabled"
        self._manager.run("reenable" if again else "enable", "--", self.unit)
        state = self._show()["UnitFileState"]
        if state not in ENABLED:
            raise CannotEnable(self.unit, state)


class Disabled(State):
    """A unit that nothing starts when the host boots."""

    def verify(self, predicting: bool = False) -> None:
        state = self._show(predicting).get("UnitFileState", "")
        if state.startswith(("enabled", "linked")):
            raise UpdateNeeded(f"it is {state}, wanted disabled")

    def update(self) -> None:
        self._manager.run("disable", "--", self.unit)


class Masked(State):
    """A unit that cannot be started at all, and is not running."""

    def verify(self, predicting: bool = False) -> None:
        found = self._show(predicting)
        if found["LoadState"] != "masked":
            raise UpdateNeeded(f"it is {found['LoadState']}, wanted masked")
        if found["ActiveState"] not in ("inactive", "failed"):
            raise UpdateNeeded(f"it is {shown(found)}, wanted stopped")

    def update(self) -> None:
        self._manager.run("mask", "--", self.unit)
        self._manager.run("stop", "--", self.unit)


class Stopped(State):
    """A unit that does not run now; something may start it later."""

    timeout = 60

    def verify(self, predicting: bool = False) -> None:
        found = self._show(predicting)
        if found["ActiveState"] not in ("inactive", "failed"):
            raise UpdateNeeded(f"it is {shown(found)}, wanted stopped")

    def update(self) -> None:
        self._manager.run("stop", "--", self.unit, timeout=self.timeout)


class Running(State):
    """A unit that is active.

    If one of *dependencies*, by default the component that added it, changed, the
    unit is restarted; or with *on_change* ``reload`` it reads its configuration again,
    if it can. It has to become active within *timeout* seconds, and a service has to
    stay so for *settle* seconds.
    """

    dependencies: Iterable[Component] | None = None
    on_change = "restart"
    timeout = 60
    settle = 1

    _definition: Component | None = None
    """What the unit itself is made of; if that changes, reloading is not enough."""

    def configure(self) -> None:
        super().configure()
        if self.on_change not in ("restart", "reload"):
            raise ConfigurationError.from_context(
                f"on_change of {self.unit!r} is {self.on_change!r}, expected 'restart' or 'reload'",
                self,
            )
        own = [self.parent] if self.dependencies is None else [*self.dependencies]
        self.dependencies = own + ([self._definition] if self._definition else [])

    def verify(self, predicting: bool = False) -> None:
        found = self._show(predicting)
        for dependency in self._changed():
            raise UpdateNeeded(f"{dependency._breadcrumb} changed")
        if not is_up(found):
            raise UpdateNeeded(f"it is {shown(found)}, wanted active")

    def _changed(self) -> list[Component]:
        return [dependency for dependency in self.dependencies or () if dependency.changed]

    def update(self) -> None:
        found = self._manager.reload_if_needed(self.unit)
        if found["ActiveState"] == "failed":
            self._manager.run("reset-failed", "--", self.unit)
        try:
            self._manager.run(self._action(), "--", self.unit, timeout=self.timeout)
        except CmdTimeout:
            raise self._failure(f"is not active after {self.timeout} s") from None
        except CmdExecutionError as error:
            raise self._failure(f"cannot be started: {str(error.stderr).strip()}") from None
        self._wait()

    def _action(self) -> str:
        changed = self._changed()
        if not changed:
            return "start"
        if self.on_change == "reload" and self._definition not in changed:
            return "reload-or-restart"
        return "restart"

    def _wait(self) -> None:
        """Return when the unit is active and stays so. Raises UnitFailed."""
        began = time.monotonic()
        up_since, restarts, first = None, None, None
        while True:
            found, now = self._show(), time.monotonic()
            count = int(found.get("NRestarts") or 0)
            first = count if first is None else first
            if not is_up(found) or count != restarts:
                up_since = None
            if is_up(found):
                up_since = now if up_since is None else up_since
                if not self._can_crash(found) or now - up_since >= self.settle:
                    return
            restarts = count
            if found["ActiveState"] == "failed":
                raise self._failure(f"is {shown(found)}, wanted active")
            if count - first >= RESTARTS:
                raise self._failure(f"has ended {RESTARTS} times, wanted active")
            if up_since is None and now - began > self.timeout:
                raise self._failure(f"is {shown(found)} after {self.timeout} s, wanted active")
            time.sleep(0.05)

    def _can_crash(self, found: dict[str, str]) -> bool:
        return self.unit.endswith(".service") and found.get("Type") != "oneshot"

    def _failure(self, problem: str) -> UnitFailed:
        manager = self._manager
        option = "--user-unit" if self.user else "--unit"
        advice = f"see all of it on the host: journalctl {option}={self.unit}"
        if "authentication required" in problem.lower() or "access denied" in problem.lower():
            advice = "only root may: set service_user = root and require_sudo = True, or user=True"
        return UnitFailed(
            self.unit, problem, manager.status(self.unit), manager.journal(self.unit), advice
        )
