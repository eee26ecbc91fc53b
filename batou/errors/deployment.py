"""What can fail while a host is changed, or while tools run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from batou.errors.base import ReportingException, Rows
from batou.errors.tracebacks import Frame, frame_rows, prepare_error, user_frames


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


def hide_passwords(command: str) -> str:
    """*command* without the passwords of URLs in it.

    >>> hide_passwords("git clone https://me:secret@example.com/x")
    'git clone https://me:***@example.com/x'
    """
    return re.sub(r"(\w+://[^/\s:@]*:)[^/\s@]+@", r"\1***@", command)


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
        self.stdout = stdout
        self.stderr = stderr

    def summary(self) -> str:
        shown = self.cmd if isinstance(self.cmd, str) else " ".join(map(str, self.cmd))
        first, *more = hide_passwords(shown).strip().split("\n")
        return f"command failed: {first}" + (" …" if more else "")

    def rows(self) -> Rows:
        rows = [("Return code", _return_code(self.returncode))]
        for name, value in (("STDOUT", self.stdout), ("STDERR", self.stderr)):
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            if text and text.strip():
                rows.append((name, hide_passwords(text.rstrip("\n"))))
        return rows

    def hint(self) -> str | None:
        if self.returncode == 127:
            return "127 means that the program was not found: install it, or check PATH"
        if self.returncode == 126:
            return "126 means that the program may not be executed: check its mode"
        return None


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

    def hint(self) -> str | None:
        return "it was stopped; give it more time with cmd(..., timeout=seconds)"


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
        facts: Rows = [("Host", component.host.name), ("Component", component._breadcrumbs)]
        if isinstance(error, ReportingException):
            own = [row for row in error.all_rows() if row not in facts]
            cause, advice = error.summary(), error.hint() or ""
        else:
            own, advice = list(_os_rows(error)), ""
            cause = prepare_error(error)
        frames: list[Frame] = user_frames(error.__traceback__)
        return cls(
            component.host.name,
            component._breadcrumbs,
            phase,
            cause,
            [*facts, ("While", phase), *frame_rows(frames), *own],
            advice,
        )

    def summary(self) -> str:
        return self.cause

    def rows(self) -> Rows:
        return self.facts

    def hint(self) -> str | None:
        return self.advice or None


def _os_rows(error: BaseException) -> Rows:
    import errno

    if isinstance(error, OSError):
        if error.errno == errno.ENOSPC:
            return [("Expected", "free space on the file system")]
        if error.errno == errno.EROFS:
            return [("Expected", "a file system that can be written to")]
    return []


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
