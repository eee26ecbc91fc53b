"""Between execnet and a host: only what a host may send gets through, and not too much of it."""

import struct
import threading
from contextlib import suppress
from typing import Any

from batou.errors import DeploymentError
from batou.transport.complaints import Complaints
from batou.transport.decoding import Unreadable, decoded
from batou.transport.program import Program

HEADER = 9
"""Bytes before each message: its code, its channel, and how many bytes follow."""

DATA, CLOSE, CLOSE_WITH_ERROR = 4, 5, 6

HARMLESS = (2, CLOSE, 7)
"""Codes that end something. Others would let a host ask questions, or change settings."""

LARGEST = 16 << 20
"""Bytes of one message."""

MOST = 256 << 20
"""Bytes that a host may say over one line, of what is kept here."""

GREETING = 200
"""Bytes of what a login prints that are shown."""

PATIENCE = 1.0
"""Seconds to wait for them."""


class BadAnswer(DeploymentError):
    """A host said what no host says."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(host, why)
        self.affected_hostname = host
        self.why = why

    def summary(self) -> str:
        return f"host {self.affected_hostname!r} does not talk as it should: {self.why}"

    def hint(self) -> str | None:
        return "its line was closed. Look for what disturbs the connection, and who owns the host"


class Guarded:
    """A program that execnet may listen to.

    `fault` says what was wrong, empty if nothing was; then nothing more is read. With
    `has_printed`, that is what the login printed.
    `last_words` is the error that the far side ended with.
    """

    def __init__(self, program: Program, most: int = MOST) -> None:
        self.execmodel: Any = program.execmodel
        self.complaints: Complaints = program.complaints
        self.fault = ""
        self.has_printed = False
        self.last_words = ""
        self._program = program
        self._left = most
        self._has_begun = False
        self._code: int | None = None
        self._listening: threading.Thread | None = None

    def read(self, count: int) -> bytes:
        """Exactly *count* bytes; raises EOFError at the end, and at the first fault."""
        if self.fault:
            raise EOFError(self.fault)
        if not self._has_begun:
            return self._begin(count)
        if self._code is None:
            return self._header(self._program.read(count))
        data = self._program.read(count)
        code, self._code = self._code, None
        return self._payload(code, data)

    def _begin(self, count: int) -> bytes:
        """What comes first says that execnet runs there, or it is what the login printed."""
        data = self._program.read(count)
        self._has_begun = True
        if data != b"1":
            self.kill()
            self._take_greeting(data)
        return data

    def close_unheard(self) -> None:
        """End the program; if it printed something before it ended, that is its complaint."""
        self.kill()
        if not self._has_begun:
            self._has_begun = True
            self._take_greeting(b"")

    def _take_greeting(self, begin: bytes) -> None:
        """Note what is printed, without waiting for an end that may never come."""
        printed = bytearray(begin)

        def listen() -> None:
            with suppress(EOFError, OSError, ValueError):
                while len(printed) < GREETING:
                    printed.extend(self._program.read(1))

        self._listening = threading.Thread(target=listen, daemon=True)
        self._listening.start()
        with suppress(OSError, ValueError):
            self._program.close_write()
        self._listening.join(PATIENCE)
        text = bytes(printed).decode("utf-8", "replace").strip()
        if printed:
            self.has_printed = True
            self.fault = "it prints something before Python starts"
            self.complaints.say(f"printed at login: {ascii(text)[1:-1]}")

    def _header(self, header: bytes) -> bytes:
        code, channel, size = struct.unpack("!bii", header)
        self._left -= size + HEADER
        if code not in (DATA, CLOSE_WITH_ERROR, *HARMLESS):
            self._stop(f"a message of kind {code}")
        if not 0 <= size <= LARGEST:
            self._stop(f"a message of {size} bytes, where at most {LARGEST} are taken")
        if self._left < 0:
            self._stop("more than is taken over one line")
        self._code = code
        if code == CLOSE_WITH_ERROR:  # execnet would print what the error says
            return struct.pack("!bii", CLOSE, channel, size)
        return header

    def _payload(self, code: int, data: bytes) -> bytes:
        if code == DATA:
            try:
                decoded(data)
            except Unreadable as error:
                self._stop(f"a message that cannot be read: {error}")
        elif code == CLOSE_WITH_ERROR:
            self.last_words = str(data[5:-1], "utf-8", "replace")
        return data

    def _stop(self, what: str) -> None:
        self.fault = f"it sent {what}"
        raise EOFError(self.fault)

    # As the program does

    def write(self, data: bytes) -> None:
        """Write all of *data*."""
        self._program.write(data)

    def close_read(self) -> None:
        """Read no more."""
        if self._listening is None or not self._listening.is_alive():  # else it waited for that
            self._program.close_read()

    def close_write(self) -> None:
        """Write no more."""
        self._program.close_write()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code."""
        return self._program.wait(timeout)

    def kill(self) -> None:
        """End it at once."""
        self._program.kill()
