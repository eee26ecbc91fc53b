"""What is printed past the reporters, while there is a region."""

import io
from collections.abc import Callable
from typing import TextIO


class Beside(io.TextIOBase):
    """Stands in for stdout or stderr; hands texts to *told* instead of printing them.

    It has no file number; that makes ``input``, and so the debugger, print their
    questions here, too.
    """

    def __init__(self, stream: TextIO, told: Callable[[str], None]) -> None:
        self._stream = stream
        self._told = told

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        """That of the terminal."""
        return self._stream.encoding

    def isatty(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            self._told(text)
        return len(text)
