"""Events as lines for a terminal or a log."""

import os
import shutil
import sys
from typing import TextIO

from batou.report.events import Event, Failure, Heading, HostPhase, HostSummary, Line, Section

Styled = tuple[str, tuple[str, ...]]

COLOURS = {
    "black": 30,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "purple": 35,
    "cyan": 36,
    "white": 37,
    "bold": 1,
    "light": 2,
}


def terminal_width() -> int:
    """Columns of the terminal; 80 where there is none."""
    if os.environ.get("IN_TOX_TEST"):
        return 80
    return shutil.get_terminal_size((80, 24)).columns


def section_line(title: str, width: int, sep: str = "=") -> str:
    """*title* in the middle of a line.

    >>> section_line("Summary", 20)
    '===== Summary ======'
    """
    return f" {title} ".center(width, sep)


def row_lines(key: str, value: str, separator: str = ": ", width: int = 15) -> list[str]:
    """A key, right-aligned, and its value; further lines of the value stand below its first.

    >>> row_lines("Host", "web1")
    ['           Host: web1']
    """
    first, *rest = value.split("\n") or [""]
    indent = " " * (width + len(separator))
    return [
        f"{key:>{width}}{separator}{first}".rstrip(),
        *((indent + text).rstrip() for text in rest),
    ]


def error_lines(headline: str, level: str = "error") -> list[Styled]:
    """The headline of an error or warning."""
    first, *rest = headline.split("\n")
    if level == "warning":
        return [(f"WARNING: {first}", ("yellow",)), *((text, ("yellow",)) for text in rest)]
    return [
        ("", ()),
        (f"ERROR: {first}", ("bold", "red")),
        *((f"       {text}", ("red",)) for text in rest),
    ]


def failure_lines(failure: Failure) -> list[Styled]:
    """A failure with its facts and its hint."""
    styled = error_lines(failure.headline, failure.level)
    rows = [*failure.rows, *([("Hint", failure.hint)] if failure.hint else [])]
    for key, value in rows:
        styled.extend((text, ()) for text in row_lines(key, value))
    if failure.traceback:
        styled.extend((f"    {text}", ("red",)) for text in failure.traceback.splitlines())
    return styled


def phase_lines(phase: HostPhase) -> list[Styled]:
    """What the beginning of a phase looks like in a log; most are not worth a line.

    >>> phase_lines(HostPhase("web1", "deploy", "app", 0, 3))
    [('⚪ web1: Scheduling component app ...', ('bold',))]
    """
    if phase.phase == "connect" and phase.detail:
        place = f"({phase.done}/{phase.total})"
        return [(f"🌐 {phase.host}: Connecting via {phase.detail} {place}", ("bold",))]
    if phase.phase == "deploy" and phase.detail:
        return [(f"⚪ {phase.host}: Scheduling component {phase.detail} ...", ("bold",))]
    return []


SHOWN = ("failed", "updated", "would update", "unchanged")
"""Outcomes in the order in which they are counted for people."""


def summary_lines(summary: HostSummary) -> list[Styled]:
    """The roots of a host by outcome; none if it has nothing to count.

    >>> summary_lines(HostSummary("web1", (("updated", 2),), not_reached=("app",)))
    [('           web1: 2 updated, 1 not reached: app', ('red',))]
    """
    counts = dict(summary.counts)
    counted = [f"{counts[word]} {word}" for word in SHOWN if counts.get(word)]
    if summary.failed and counts.get("failed"):
        counted[0] += f": {', '.join(summary.failed)}"
    if summary.not_reached:
        names = ", ".join(summary.not_reached)
        counted.append(f"{len(summary.not_reached)} not reached: {names}")
    is_bad = bool(summary.failed or summary.not_reached)
    styles = ("red",) if is_bad else ()
    rows = row_lines(summary.host, ", ".join(counted)) if counted else []
    return [(text, styles) for text in rows]


def event_lines(event: Event, width: int = 80) -> list[Styled]:
    """The lines that show *event* to a person; none for what only programs want to know."""
    if isinstance(event, Line):
        return [(event.text, event.styles)]
    if isinstance(event, Section):
        return [(section_line(event.title, width), event.styles)]
    if isinstance(event, Heading):
        reason = f" ({event.reason})" if event.reason else ""
        return [(f"🚀 {event.host}: {event.component}{reason}", ("bold",))]
    if isinstance(event, Failure):
        return failure_lines(event)
    if isinstance(event, HostPhase):
        return phase_lines(event)
    if isinstance(event, HostSummary):
        return summary_lines(event)
    return []


def paint(text: str, styles: tuple[str, ...]) -> str:
    """*text* with the terminal's codes for *styles*; unknown names are ignored."""
    codes = [str(COLOURS[style]) for style in styles if style in COLOURS]
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if codes and text else text


def wants_colour(stream: TextIO) -> bool:
    """Whether *stream* is a terminal and nobody asked for no colour (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


class Printer:
    """A reporter that prints each event as it comes."""

    def __init__(self, stream: TextIO | None = None, debug: bool = True) -> None:
        self._stream = stream
        self._debug = debug

    def receive(self, event: Event) -> None:
        """Print the lines of *event*."""
        if isinstance(event, Line) and event.debug and not self._debug:
            return
        stream = self._stream or sys.stdout
        coloured = wants_colour(stream)
        for text, styles in event_lines(event, terminal_width()):
            self.write(stream, paint(text, styles) if coloured else text)
        stream.flush()

    @staticmethod
    def write(stream: TextIO, text: str) -> None:
        """Write a line; what the stream's encoding lacks is replaced."""
        try:
            stream.write(f"{text}\n")
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
