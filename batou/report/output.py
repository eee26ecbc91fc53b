"""`Output`: the verbs that components print with, turned into events."""

import traceback
from collections.abc import Callable
from types import FunctionType, TracebackType
from typing import Any, Protocol, cast

from batou.report.events import Event, Heading, Line, Section
from batou.report.printing import (
    Printer,
    error_lines,
    event_lines,
    row_lines,
    section_line,
    terminal_width,
)

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class Backend(Protocol):
    """Where an `Output` leaves its lines; the contract of 2.x's backends."""

    def line(self, message: str, **format: Any) -> None:
        """Write a whole line."""
        ...

    def sep(self, sep: str, title: str, **format: Any) -> None:
        """Write a separating line with a title in its middle."""
        ...

    def write(self, content: str, **format: Any) -> None:
        """Write text as it is."""
        ...


def styles_of(format: dict[str, Any]) -> tuple[str, ...]:
    """The names of the terminal attributes that are switched on.

    >>> styles_of({"red": True, "bold": 1, "green": False})
    ('bold', 'red')
    """
    return tuple(sorted(name for name, value in format.items() if value))


class EventBackend:
    """Turns lines into events and hands them on."""

    def __init__(self, say: Callable[[Event], None]) -> None:
        self.say = say

    def line(self, message: str, **format: Any) -> None:
        self.say(Line(message, styles_of(format)))

    def sep(self, sep: str, title: str, **format: Any) -> None:
        self.say(Section(title, styles_of(format)))

    def write(self, content: str, **format: Any) -> None:
        self.say(Line(content.rstrip("\n"), styles_of(format)))

    def heading(self, heading: Heading) -> None:
        self.say(heading)


class NullBackend:
    """Drops everything."""

    def line(self, message: str, **format: Any) -> None:
        pass

    def sep(self, sep: str, title: str, **format: Any) -> None:
        pass

    def write(self, content: str, **format: Any) -> None:
        pass


class TestBackend:
    """Records everything as one text, for tests."""

    __test__ = False

    def __init__(self) -> None:
        self.output = ""

    def line(self, message: str, **format: Any) -> None:
        self.write(f"{message}\n", **format)

    def sep(self, sep: str, title: str, **format: Any) -> None:
        self.line(section_line(title, 80, sep), **format)

    def write(self, content: str, **format: Any) -> None:
        self.output += content


class TerminalBackend:
    """Prints at once, without anybody listening; for scripts that use batou as a library."""

    def __init__(self) -> None:
        self._printer = Printer()

    def line(self, message: str, **format: Any) -> None:
        self._printer.receive(Line(message, styles_of(format)))

    def sep(self, sep: str, title: str, **format: Any) -> None:
        self.line(section_line(title, terminal_width(), sep), **format)

    def write(self, content: str, **format: Any) -> None:
        self._printer.receive(Line(content.rstrip("\n"), styles_of(format)))


class Output:
    """What components print with.

    Lines can be held back with `buffer` until the next one is printed, so that a
    component's name appears only when it has something to say.
    """

    def __init__(self, backend: Backend | Callable[[Event], None]) -> None:
        self.backend: Backend = (
            EventBackend(backend) if isinstance(backend, FunctionType) else cast(Backend, backend)
        )
        self.enable_debug = False
        self._buffer: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def line(self, message: str, debug: bool = False, icon: Any = False, **format: Any) -> None:
        """Print *message*; *icon* stands before it; keywords are colours and ``bold``."""
        if debug and not self.enable_debug:
            return
        self.flush_buffer()
        self.backend.line(f"{icon} {message}" if icon else message, **format)

    def annotate(self, message: str, debug: bool = False, icon: Any = False, **format: Any) -> None:
        """Print *message* below what was printed last."""
        self.line(message, debug, icon, **format)

    def tabular(
        self, key: str, value: object, separator: str = ": ", debug: bool = False, **format: Any
    ) -> None:
        """Print a key, right-aligned to 15 columns, and its value."""
        for text in row_lines(key, str(value), separator):
            self.line(text, debug, **format)

    def section(self, title: str, debug: bool = False, **format: Any) -> None:
        """Print a heading over the width of the terminal."""
        if debug and not self.enable_debug:
            return
        self.flush_buffer()
        self.backend.sep("=", title, **{"bold": True, **format})

    def sep(self, sep: str, title: str, **format: Any) -> None:
        """Print *title* in the middle of a line of *sep*."""
        self.flush_buffer()
        self.backend.sep(sep, title, **format)

    def step(
        self, context: str, message: str, debug: bool = False, icon: Any = None, **format: Any
    ) -> None:
        """Print that *context*, a host or ``main``, does something."""
        self.line(f"{context}: {message}", debug, icon, **{"bold": True, **format})

    def error(
        self,
        message: str,
        exc_info: ExcInfo | BaseException | None = None,
        debug: bool = False,
    ) -> None:
        """Print *message* as an error; *exc_info* adds the traceback."""
        if debug and not self.enable_debug:
            return
        for text, styles in error_lines(message):
            self.line(text, **dict.fromkeys(styles, True))
        if isinstance(exc_info, BaseException):
            exc_info = (type(exc_info), exc_info, exc_info.__traceback__)
        if exc_info:
            for text in "".join(traceback.format_exception(*exc_info)).splitlines():
                self.line(f"    {text}", red=True)

    def warn(self, message: str, debug: bool = False) -> None:
        """Print *message* as a warning."""
        self.line(f"WARNING: {message}", debug, yellow=True)

    def heading(self, heading: Heading | Callable[[], Heading]) -> None:
        """Say that *heading*'s component speaks or changes now; a function makes it just then."""
        self.flush_buffer()
        if not isinstance(heading, Heading):
            heading = heading()
        if isinstance(self.backend, EventBackend):
            self.backend.heading(heading)
        else:
            for text, styles in event_lines(heading):
                self.backend.line(text, **dict.fromkeys(styles, True))

    def buffer(self, cmd: str, *args: Any, **kw: Any) -> None:
        """Call the method *cmd* just before the next line is printed, or never."""
        self._buffer.append((cmd, args, kw))

    @property
    def buffered(self) -> bool:
        """Whether something is held back."""
        return bool(self._buffer)

    def flush_buffer(self) -> None:
        """Print what was held back."""
        held, self._buffer = self._buffer, []
        for cmd, args, kw in held:
            getattr(self, cmd)(*args, **kw)

    def clear_buffer(self) -> None:
        """Forget what was held back."""
        self._buffer = []

    @property
    def output(self) -> str:
        """What a recording backend has recorded."""
        return str(getattr(self.backend, "output", ""))
