"""The reporter for a terminal: what changes is printed, how far the hosts are is drawn below."""

import os
import sys
import termios
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from batou.cli.terminal.beside import Beside
from batou.cli.terminal.board import Board
from batou.cli.terminal.region import Region
from batou.report.events import Event, Finished, HostPhase, HostSummary, Section
from batou.report.printing import Styled, event_lines, paint, summary_lines, wants_colour

if TYPE_CHECKING:
    from batou.cli.terminal.drawing import Pen

TICK = 0.1
"""Seconds between looks at what has changed."""

NARROW = 60
"""Columns below which a table is not worth its lines."""


class Screen:
    """A reporter that is used as a context manager; afterwards the terminal is as before.

    While another program asks for a password, nothing is drawn and what is said
    waits. While hosts are being connected, ssh may ask whether a host is the right
    one; then the region is drawn only when something changes.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.board = Board()
        self._region = Region(self.stream)
        self._coloured = wants_colour(self.stream)
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._can_draw = threading.Event()
        self._stack = ExitStack()
        self._can_be_asked = self._echoes()
        self._is_live = False
        self._is_mid_line = False
        self._is_stale = False
        self._drawn: tuple[int, os.terminal_size] | None = None
        self._drawn_at = 0.0
        self._lines: list[str] = []
        self._held: list[str] = []
        self._section: Section | None = None
        self._summaries: list[HostSummary] = []

    def __enter__(self) -> "Screen":
        self._stack.enter_context(redirect_stdout(Beside(self.stream, self.write)))
        self._stack.enter_context(redirect_stderr(Beside(self.stream, self.write)))
        return self

    def __exit__(self, *error: object) -> None:
        self._end()
        self._stack.close()

    # Events

    def receive(self, event: Event) -> None:
        """Print *event*, or take it down for the region."""
        with self._lock:
            above = list(self._above(event))
            if self.board.take(event, monotonic()):
                self._is_stale = True
                if isinstance(event, HostPhase):
                    self._begin()
            if above:
                self._print(above)

    def _above(self, event: Event) -> Iterator[str]:
        """The lines that are printed for good because of *event*."""
        if isinstance(event, HostSummary):
            self._summaries.append(event)
            return
        if isinstance(event, HostPhase):
            return
        if self._summaries:
            yield from self._summary()
        if isinstance(event, Section):
            self._section = event  # shown over what follows, if anything does
            return
        lines = event_lines(event)
        if self._section and (lines or isinstance(event, Finished)):
            yield from self._painted(event_lines(self._section, self.size.columns))
            self._section = None
        yield from self._painted(lines)

    def _painted(self, lines: Iterable[Styled]) -> Iterator[str]:
        for text, styles in lines:
            yield paint(text, styles) if self._coloured else text

    def _summary(self) -> Iterator[str]:
        """The table of all hosts; lines where it would not fit."""
        summaries, self._summaries, self._section = self._summaries, [], None
        self._end()
        if self.size.columns < NARROW:
            for summary in summaries:
                yield from self._painted(summary_lines(summary))
        else:
            yield from self._pen().summary(summaries)

    # The region

    @property
    def size(self) -> os.terminal_size:
        """Columns and lines of the terminal as it is now."""
        with suppress(OSError, ValueError):
            size = os.get_terminal_size(self.stream.fileno())
            if size.columns and size.lines:
                return size
        return os.terminal_size((80, 24))

    def _pen(self) -> "Pen":
        from batou.cli.terminal.drawing import Pen

        return Pen(*self.size, self._coloured)

    def _begin(self) -> None:
        if not self._is_live and not self._over.is_set():
            self._is_live = True
            threading.Thread(target=self._tick, daemon=True).start()

    def _end(self) -> None:
        """Remove the region for good, and print what was held back."""
        with self._lock:
            self._over.set()
            self._is_live = False
            held, self._held = self._held, []
            self._region.draw([], held)

    def _tick(self) -> None:
        self._pen()  # loads rich, while the hosts are being connected
        self._can_draw.set()
        while not self._over.wait(TICK):
            with self._lock:
                if self._is_live and self._is_due() and not self._is_asked():
                    self._print([])

    def _is_due(self) -> bool:
        """Whether the region does not show what is: something changed, or a second has passed."""
        if self._is_mid_line:
            return False
        if self._is_stale or self._held:
            return True
        return not self.board.is_connecting and self._drawn != self._moment()

    def _moment(self) -> tuple[int, os.terminal_size]:
        return int(monotonic()), self.size

    def _is_asked(self) -> bool:
        """Whether a program reads something from the terminal that must not be seen."""
        if self._can_be_asked and not self._echoes():
            self._region.leave()
            return True
        return False

    def _echoes(self) -> bool:
        """Whether the terminal shows what is typed; some never do."""
        with suppress(termios.error, OSError, ValueError):
            return bool(termios.tcgetattr(self.stream.fileno())[3] & termios.ECHO)
        return True

    def _print(self, above: list[str]) -> None:
        if self._is_live and self._is_asked():
            self._held += above
            return
        held, self._held = self._held, []
        self._is_mid_line = False
        if self._is_live and self._can_draw.is_set():
            now, moment = monotonic(), self._moment()
            if now - self._drawn_at >= TICK or self._drawn != moment:  # else soon enough
                self._is_stale, self._drawn, self._drawn_at = False, moment, now
                self._lines = self._pen().region(self.board.places, now)
        self._region.draw(self._lines if self._is_live else [], [*held, *above])

    def write(self, text: str) -> None:
        """Write *text*, which was printed past the reporters, as it is."""
        with self._lock:
            self._region.write(text)
            self._is_mid_line = not text.endswith("\n")
            self._is_stale = True
