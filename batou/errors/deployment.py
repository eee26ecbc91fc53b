"""What can fail while a host is changed, or while tools run."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from batou.errors.base import ReportingException, Rows
from batou.errors.explaining import class_rows, explain, place_of
from batou.errors.texts import clipped, shown_path
from batou.errors.texts import hide_passwords as hide_passwords


class DeploymentError(ReportingException):
    """A deployment cannot go on; the message says why, unless that was printed before."""

    order: ClassVar[int] = 100

    def summary(self) -> str:
        return Exception.__str__(self) or "the deployment cannot go on, see above"


@dataclass(eq=False)
class RepositoryDifferentError(DeploymentError):
    """After shipping, a host has another revision than the controller."""

    local: str
    remote: str

    order: ClassVar[int] = 150

    def summary(self) -> str:
        return "the host has another revision than the controller, maybe of another branch"

    def rows(self) -> Rows:
        return [("Local", self.local), ("Remote", self.remote)]


class CmdExecutionError(DeploymentError, RuntimeError):
    """A command ended with a code that means failure."""

    def __init__(
        self,
        cmd: str | Sequence[str],
        returncode: int,
        stdout: str | bytes | None,
        stderr: str | bytes | None,
    ) -> None:
        super().__init__(cmd, returncode, stdout, stderr)
        self.cmd = cmd
        self.returncode = returncode
        self.stdout: Any = stdout  # text, unless the command was run without an encoding
        self.stderr: Any = stderr

    def summary(self) -> str:
        shown = self.cmd if isinstance(self.cmd, str) else " ".join(map(str, self.cmd))
        first, *more = hide_passwords(shown).strip().split("\n")
        return f"command failed: {first}" + (" …" if more else "")

    def rows(self) -> Rows:
        rows = [("Return code", _return_code(self.returncode))]
        for name, value in (("STDOUT", self.stdout), ("STDERR", self.stderr)):
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            if text and text.strip():
                rows.append((name, hide_passwords(last_lines(text.rstrip("\n")))))
        return rows

    def hint(self) -> str | None:
        if self.returncode == 127:
            return "127 means that the program was not found: install it, or check PATH"
        if self.returncode == 126:
            return "126 means that the program may not be executed: check its mode"
        return None


OUTPUT_LINES = 50
"""Lines of a command's output that are shown: its last ones, which mostly tell why it failed."""


def last_lines(text: str, limit: int = OUTPUT_LINES) -> str:
    """The end of *text*, and how much is left out.

    >>> last_lines("a\\nb\\nc", 2)
    '… (1 line before)\\nb\\nc'
    """
    lines = [clipped(line) for line in text.splitlines()]
    left_out = len(lines) - limit
    if left_out <= 0:
        return "\n".join(lines)
    noun = "line" if left_out == 1 else "lines"
    return "\n".join([f"… ({left_out} {noun} before)", *lines[-limit:]])


def _return_code(code: int) -> str:
    if code >= 0:
        return str(code)
    import signal

    try:
        return f"{code} (killed by {signal.Signals(-code).name})"
    except ValueError:
        return str(code)


class CmdTimeout(CmdExecutionError):
    """A command did not end in time."""

    def __init__(self, cmd: str | Sequence[str], seconds: float, stdout: str, stderr: str) -> None:
        super().__init__(cmd, -9, stdout, stderr)
        self.args = (cmd, seconds, stdout, stderr)
        self.seconds = seconds

    def summary(self) -> str:
        return super().summary().replace("command failed", f"command took over {self.seconds:g} s")

    def rows(self) -> Rows:
        return [row for row in super().rows() if row[0] != "Return code"]

    def hint(self) -> str | None:
        return "it was stopped; give it more time with cmd(..., timeout=seconds)"


VERBS = {
    "before-update": "handle before-update in",
    "enter": "set up",
    "exit": "tear down",
    "workdir": "go to the work directory of",
}
"""What a phase does to a component, where its name is not the word."""


@dataclass(eq=False)
class ComponentFailed(DeploymentError):
    """verify, update or an event handler of a component raised."""

    host: str
    component: str
    phase: str
    cause: str
    facts: Rows
    advice: str = ""

    def __post_init__(self) -> None:
        self.affected_hostname = self.host

    @classmethod
    def of(cls, component: Any, phase: str, error: BaseException) -> "ComponentFailed":
        """The failure of *component* in *phase* (``verify``, ``update``, …) with *error*."""
        told = explain(error)
        where = told.where
        if not any(key == "Where" for key, _ in where):
            place = place_of(component, phase)
            found = [("Where", str(place.shown()))] if place else class_rows(type(component))
            where = [*found, *where]
        host, breadcrumbs = component.root.host.name, component._breadcrumbs
        own = [row for row in told.facts if row not in (("Host", host), ("Component", breadcrumbs))]
        advice = told.advice or _about_path(component, error)
        return cls(host, breadcrumbs, phase, told.text, [*where, *own, ("Host", host)], advice)

    def summary(self) -> str:
        return f"cannot {VERBS.get(self.phase, self.phase)} {self.component}: {self.cause}"

    def rows(self) -> Rows:
        return self.facts

    def hint(self) -> str | None:
        return self.advice or None


def _about_path(component: Any, error: BaseException) -> str:
    """Which directory a path that is missing is relative to."""
    if not isinstance(error, FileNotFoundError) or not isinstance(error.filename, str):
        return ""
    if os.path.isabs(error.filename) or not error.filename:
        return ""
    return f"paths are relative to {shown_path(os.fspath(component.workdir))!r}"


@dataclass(eq=False)
class FileLockedError(ReportingException):
    """Somebody else is working on a file."""

    filename: str

    def summary(self) -> str:
        return f"file {self.filename!r} is locked by another process"

    def hint(self) -> str | None:
        return "wait until the other editor is closed, then try again"


class _ToolError(ReportingException):
    """An external tool failed."""

    tool = ""

    def __init__(
        self, command: str | Sequence[str], exitcode: int | str, output: str | bytes
    ) -> None:
        super().__init__(command, exitcode, output)
        self.command = command if isinstance(command, str) else " ".join(map(str, command))
        self.exitcode = str(exitcode)
        self.output = (
            output.decode("ascii", "replace") if isinstance(output, bytes) else str(output)
        )

    def summary(self) -> str:
        return f"{self.tool} failed"

    def rows(self) -> Rows:
        return [
            ("Command", self.command),
            ("Exit code", self.exitcode),
            ("Message", self.output.strip()),
        ]


class GPGCallError(_ToolError):
    """The ``gpg`` command failed."""

    tool = "gpg"


class AgeCallError(_ToolError):
    """The ``age`` command or library failed."""

    tool = "age"
