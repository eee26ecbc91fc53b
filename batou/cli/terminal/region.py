"""Lines at the end of the output that are replaced by the next ones."""

from collections.abc import Iterable, Sequence
from typing import TextIO


class Region:
    """Draws lines below everything that is printed; the cursor stands on the line after them.

    Standing there, and never hidden, it is where a shell or a question of another
    program continues when batou is killed or waits. The caller sees to it that
    one thread draws at a time, and that no line is wider than the terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._height = 0

    def draw(self, lines: Sequence[str], above: Iterable[str] = ()) -> None:
        """Replace the region with *lines*, after printing *above* over it for good."""
        erase, self._height = self._erasing(), len(lines)
        self._write(erase + "".join(f"{line}\n" for line in (*above, *lines)))

    def write(self, text: str) -> None:
        """Remove the region, and write *text* as it is."""
        erase, self._height = self._erasing(), 0
        self._write(erase + text)

    def leave(self) -> None:
        """Let what is drawn stay; the next drawing begins below it."""
        self._height = 0

    def _erasing(self) -> str:
        return f"\r\x1b[{self._height}A\x1b[J" if self._height else ""

    def _write(self, text: str) -> None:
        if text:
            encoded = text.encode("utf-8", "replace").decode("utf-8")  # file names may be no text
            self.stream.write(encoded)
            self.stream.flush()
