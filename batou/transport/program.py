"""Programs that execnet talks to over their standard input and output."""

import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from batou.transport.complaints import Complaints, PipedComplaints

LARGEST = 64 << 20
"""Bytes of one message; a host that announces more is not listened to."""


class Program(Protocol):
    """A running program, here or on a relay; what execnet needs to talk to it, and its end."""

    execmodel: Any
    complaints: Complaints

    def read(self, count: int) -> bytes:
        """Exactly *count* bytes; raises EOFError at the end."""
        ...

    def write(self, data: bytes) -> None:
        """Write all of *data*; raises OSError if nobody reads it any more."""
        ...

    def close_read(self) -> None:
        """Read no more."""
        ...

    def close_write(self) -> None:
        """Write no more."""
        ...

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code; None if it has not ended within *timeout* seconds."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


Start = Callable[[Sequence[str]], Program]
"""Starts a program: on this machine, or on a relay."""


def checked_size(count: int) -> int:
    """*count*, if that many bytes may come at once; raises EOFError otherwise."""
    if not 0 <= count <= LARGEST:
        raise EOFError(f"a message of {count} bytes was announced, at most {LARGEST} are taken")
    return count


class LocalProgram:
    """A child process."""

    def __init__(self, words: Sequence[str]) -> None:
        from execnet import gateway_base

        self.execmodel = gateway_base.get_execmodel("thread")
        complaints = PipedComplaints()
        self.complaints: Complaints = complaints
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints.pipe
        )

    def read(self, count: int) -> bytes:
        """Exactly *count* bytes."""
        assert self._process.stdout is not None
        data = self._process.stdout.read(checked_size(count))
        if len(data) < count:
            raise EOFError(f"expected {count} bytes, got {len(data)}")
        return data

    def write(self, data: bytes) -> None:
        """Write all of *data*."""
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def close_read(self) -> None:
        """Read no more."""
        assert self._process.stdout is not None
        self._process.stdout.close()

    def close_write(self) -> None:
        """Write no more."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout)
        return None

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
