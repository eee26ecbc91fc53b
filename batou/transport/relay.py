"""Reach hosts through another one: one connection to the relay, however many are behind it."""

import threading
from collections.abc import Sequence
from itertools import count
from typing import Any

from batou.transport.bootstrap import START
from batou.transport.complaints import Complaints
from batou.transport.program import Program, checked_size

END = object()


class Relay:
    """A line to a relay, on which programs are started that lead on to other hosts."""

    def __init__(self, program: Program, gateway: Any) -> None:
        self._program = program
        self._gateway = gateway
        self._numbers = count(1)
        self._started: dict[int, RelayedProgram] = {}
        self._lock = threading.Lock()
        self._channel = gateway.remote_exec(START)

    def await_ready(self, timeout: float) -> None:
        """Wait until it answers; raises EOFError if it ends, TimeoutError after *timeout* s."""
        try:
            self._channel.receive(timeout)
        except self._channel.TimeoutError:
            raise TimeoutError from None
        self._channel.setcallback(self._arrived, endmarker=END)

    def start(self, words: Sequence[str]) -> "RelayedProgram":
        """Start the program *words* there; raises OSError if the line to the relay is broken."""
        with self._lock:
            program = RelayedProgram(self, next(self._numbers), self._gateway.execmodel)
            self._started[program.number] = program
        self.send(program.number, "start", list(words))
        return program

    def send(self, number: int, kind: str, value: Any = None) -> None:
        """Send a message about the program *number*."""
        with self._lock:
            self._channel.send((number, kind, value))

    def _arrived(self, message: Any) -> None:
        """Hand on what the relay says; what makes no sense is not listened to."""
        if message is END:
            for program in list(self._started.values()):
                program.take("said", "the line to the relay broke")
                program.take("ended", -1)
        elif isinstance(message, tuple) and len(message) == 3:
            started = self._started.get(message[0]) if isinstance(message[0], int) else None
            if started is not None:
                started.take(message[1], message[2])

    def close(self) -> None:
        """Close the line; what was started on the relay ends with it."""
        from batou.transport.execnet import end

        end(self._program, self._gateway, self._channel)


class RelayedProgram:
    """A program on a relay, as execnet sees it."""

    def __init__(self, relay: Relay, number: int, execmodel: Any) -> None:
        self.execmodel = execmodel
        self.complaints = Complaints()
        self.number = number
        self._relay = relay
        self._buffer = bytearray()
        self._code: int | None = None
        self._changed = threading.Condition()

    def take(self, kind: object, value: object) -> None:
        """Take down what the relay says of this program."""
        if kind == "said" and isinstance(value, str):
            self.complaints.say(value)
        with self._changed:
            if kind == "data" and isinstance(value, bytes):
                self._buffer += value
            elif kind == "ended" and self._code is None:
                self._code = value if isinstance(value, int) else -1
            self._changed.notify_all()

    def read(self, count: int) -> bytes:
        """Exactly *count* bytes."""
        checked_size(count)
        with self._changed:
            while len(self._buffer) < count:
                if self._code is not None:
                    raise EOFError(f"expected {count} bytes, got {len(self._buffer)}")
                self._changed.wait()
            data = bytes(self._buffer[:count])
            del self._buffer[:count]
        return data

    def write(self, data: bytes) -> None:
        """Write all of *data*."""
        if self._code is not None:
            raise OSError("the program on the relay has ended")
        self._relay.send(self.number, "data", data)

    def close_read(self) -> None:
        """Read no more; what still comes is kept, and thrown away with this."""

    def close_write(self) -> None:
        """Write no more."""
        self._relay.send(self.number, "eof")

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code."""
        with self._changed:
            self._changed.wait_for(lambda: self._code is not None, timeout)
            return self._code

    def kill(self) -> None:
        """End it at once, or give it up if the relay does not answer."""
        try:
            self._relay.send(self.number, "kill")
        except OSError:
            pass
        if self.wait(2) is None:
            self.take("ended", -1)
