"""Talk to a systemd: that of the system, or that of the current user."""

import os
import pwd
from typing import Any

from batou.errors import CmdExecutionError
from batou.lib.systemd.errors import NoLingering, NoManager
from batou.process import cmd

PROPERTIES = (
    *("LoadState", "ActiveState", "SubState", "UnitFileState", "NeedDaemonReload"),
    *("Result", "Type", "NRestarts", "ExecMainExitTimestampMonotonic"),
)
JOURNAL_LINES = 20


class Manager:
    """systemd as the host runs it, or with *user* as the current user does."""

    def __init__(self, user: bool = False) -> None:
        self.is_users = user

    @property
    def directory(self) -> str:
        """Where an administrator, or the user, puts unit files."""
        return "~/.config/systemd/user" if self.is_users else "/etc/systemd/system"

    def run(self, *arguments: str, timeout: float | None = None) -> str:
        """What systemctl prints. Raises CmdExecutionError and CmdTimeout."""
        command = ["systemctl", *self._options(), "--no-ask-password", *arguments]
        out, _ = cmd(command, env=self._environment(), timeout=timeout)
        return str(out)

    def show(self, *units: str) -> dict[str, str]:
        """Properties of a unit, or without one of the manager.

        Raises NoManager if systemd does not answer.
        """
        options = [f"--property={','.join(PROPERTIES)}", "--", *units] if units else ["-pVersion"]
        try:
            printed = self.run("show", *options)
        except CmdExecutionError as error:
            raise self._silent(error) from None
        return dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)

    def _silent(self, error: CmdExecutionError) -> NoManager:
        if error.returncode == 127:
            advice = "units need a host that runs systemd; this one has no systemctl"
        elif self.is_users:
            advice = f"run as root: loginctl enable-linger {user_name()}"
        else:
            advice = "units need a host that was booted with systemd"
        whose = f"systemd of user {user_name()!r}" if self.is_users else "systemd"
        lines = [line for line in str(error.stderr).splitlines() if line.strip()]
        return NoManager(whose, lines[0].strip() if lines else "it does not answer", advice)

    def require_lingering(self) -> None:
        """Raise NoLingering if the user's units end when the user logs out."""
        try:
            out, _ = cmd(["loginctl", "show-user", "--property=Linger", str(os.geteuid())])
        except CmdExecutionError:
            out = ""  # logind knows only who is logged in or lingers
        if out.strip() != "Linger=yes":
            raise NoLingering(user_name())

    def reload_if_needed(self, unit: str) -> dict[str, str]:
        """Properties of *unit*, after systemd has read changed files."""
        found = self.show(unit)
        if needs_reload(found):
            self.run("daemon-reload")
            found = self.show(unit)
        return found

    def status(self, unit: str) -> str:
        """What systemctl tells people about *unit*."""
        options = ["--no-pager", "--full", "--lines=0"]
        return self._told(["systemctl", *self._options(), "status", *options, "--", unit])

    def journal(self, unit: str) -> str:
        """What *unit* has logged last; empty if we may not see it."""
        option = "--user-unit" if self.is_users else "--unit"
        options = ["--no-pager", "--quiet", "--output=cat", f"--lines={JOURNAL_LINES}"]
        return self._told(["journalctl", *options, f"{option}={unit}"])

    def _told(self, command: list[str]) -> str:
        try:
            out, _ = cmd(command, env=self._environment(), ignore_returncode=True, timeout=30)
        except CmdExecutionError:
            return ""
        return str(out).strip()

    def _options(self) -> list[str]:
        return ["--user"] if self.is_users else []

    def _environment(self) -> dict[str, str]:
        """What systemctl needs: batou comes by sudo and ssh, where no login has set it."""
        common = {"SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""}
        if self.is_users:
            common["XDG_RUNTIME_DIR"] = f"/run/user/{os.geteuid()}"
        return common


def user_name() -> str:
    """Name of the current user."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def needs_reload(found: dict[str, str]) -> bool:
    """Whether systemd has not read the files of a unit yet."""
    return found.get("NeedDaemonReload") == "yes" or found.get("LoadState") == "not-found"


def is_up(found: dict[str, Any]) -> bool:
    """Whether a unit is as active as it gets; one that runs to its end has run well."""
    if found["ActiveState"] in ("active", "reloading"):
        return True
    return (
        found["ActiveState"] == "inactive"
        and found.get("Type") == "oneshot"
        and found.get("Result") == "success"
        and found.get("ExecMainExitTimestampMonotonic", "0") != "0"
    )


def shown(found: dict[str, str]) -> str:
    """The state of a unit for people."""
    if found.get("LoadState") not in ("loaded", None):
        return found["LoadState"]
    result = found.get("Result", "success")
    why = "" if result in ("success", "") else f", {result}"
    return f"{found['ActiveState']} ({found['SubState']}{why})"
