"""What a connection says on its standard error."""

import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from batou.report.escapes import without_escapes

LONGEST = 1 << 16
"""Bytes of one line; what is longer counts as several."""

MOST = 4 << 20
"""Characters that a connection may say; after that nobody listens."""


class Complaints:
    """The last lines of what a connection says on its standard error.

    Each is handed to *told*, once that is set.
    """

    def __init__(self) -> None:
        self.said: deque[str] = deque(maxlen=50)
        self.told: Callable[[str], None] | None = None
        self._left = MOST

    def say(self, text: str) -> None:
        """Take down a line."""
        self._left -= len(text)
        if self._left < 0:
            return
        text = without_escapes(text)
        self.said.append(text)
        if self.told:
            self.told(text)

    def close(self) -> list[str]:
        """Stop listening; returns what was said last."""
        return [line for line in self.said if line]


class PipedComplaints(Complaints):
    """Reads a program's standard error, line by line; *pipe* is where it has to write."""

    END = b"\0end\n"

    def __init__(self) -> None:
        super().__init__()
        self._source, self.pipe = os.pipe()
        self._closing = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        rest = b""
        while data := os.read(self._source, 65536):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > LONGEST:
                lines, rest = [*lines, rest], b""
            for line in lines:
                if line == self.END.rstrip():
                    return
                self.say(line.decode("utf-8", "replace").rstrip())

    def close(self) -> list[str]:
        """Stop reading, even if a program lives on and keeps the pipe; returns what was said."""
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                with suppress(OSError):
                    os.write(self.pipe, b"\n" + self.END)
                self._thread.join(timeout=2)
                os.close(self.pipe)
                if not self._thread.is_alive():
                    os.close(self._source)
        return super().close()
