"""What happens, as records of plain values; the same on a host, on the wire and in a file.

On the wire an event is a dictionary ``{"event": kind, field: value, …}`` of
builtin types. `from_wire` checks every field, because a host is not trusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

Styles = tuple[str, ...]

MAX_TEXT = 1 << 20
"""Characters that one text of an event may have on the wire."""


@dataclass(frozen=True)
class Event:
    """Anything that a reporter may receive."""

    kind: ClassVar[str] = ""

    def to_wire(self) -> dict[str, Any]:
        """The event as a dictionary of builtin types."""
        wire: dict[str, Any] = {"event": self.kind}
        for field in fields(self):
            wire[field.name] = _wire_value(getattr(self, field.name))
        return wire


def _wire_value(value: Any) -> Any:
    if isinstance(value, Event):
        return value.to_wire()
    return tuple(map(_wire_value, value)) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Line(Event):
    """A line of text, as components print it."""

    kind: ClassVar[str] = "line"
    text: str
    styles: Styles = ()
    debug: bool = False
    host: str = ""


@dataclass(frozen=True)
class Section(Event):
    """A heading over the lines that follow."""

    kind: ClassVar[str] = "section"
    title: str
    styles: Styles = ()


@dataclass(frozen=True)
class Heading(Event):
    """A component speaks or changes: everything until the next heading is about it."""

    kind: ClassVar[str] = "component"
    host: str
    root: str
    component: str
    reason: str = ""


@dataclass(frozen=True)
class Outcome(Event):
    """How one component ended; *outcome* is a word of `batou.component.apply`."""

    kind: ClassVar[str] = "outcome"
    host: str
    root: str
    component: str
    outcome: str
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class RootOutcome(Event):
    """How one root component ended on its host."""

    kind: ClassVar[str] = "root"
    host: str
    root: str
    outcome: str
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class HostPhase(Event):
    """How far a host is.

    *phase* is connect, ship, configure, wait, deploy, done or failed. *done* of
    *total* are hosts when it connects, bytes when it is shipped to, and root
    components when it deploys; *detail* is then the method and the root in hand.
    """

    kind: ClassVar[str] = "host"
    host: str
    phase: str
    detail: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Failure(Event):
    """Something is wrong: one sentence, facts as (key, value), and what to do about it."""

    kind: ClassVar[str] = "failure"
    headline: str
    rows: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    error: str = ""
    level: str = "error"
    traceback: str = ""


@dataclass(frozen=True)
class HostSummary(Event):
    """How a host ended: its roots by outcome, those that failed or were not reached."""

    kind: ClassVar[str] = "summary"
    host: str
    counts: tuple[tuple[str, int], ...] = ()
    failed: tuple[str, ...] = ()
    not_reached: tuple[str, ...] = ()
    problem: str = ""
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether all of its roots ended as wished."""
        return not (self.failed or self.not_reached or self.problem)


Summaries = tuple[HostSummary, ...]


@dataclass(frozen=True)
class Finished(Event):
    """The end of a run: what it was for, whether it succeeded, and the counts by outcome."""

    kind: ClassVar[str] = "finished"
    action: str
    success: bool
    exit_code: int
    seconds: float
    counts: tuple[tuple[str, int], ...] = ()
    hosts: tuple[tuple[str, str], ...] = ()
    summary: Summaries = ()


KINDS: dict[str, type[Event]] = {
    event.kind: event
    for event in (
        Line,
        Section,
        Heading,
        Outcome,
        RootOutcome,
        HostPhase,
        Failure,
        HostSummary,
        Finished,
    )
}

OF_HOSTS = frozenset({Line, Section, Heading, Outcome, RootOutcome, Failure})
"""What hosts may tell; how far they are and how a run ends, the controller knows itself."""


def from_wire(wire: object) -> Event:
    """The event that *wire* describes.

    Raises ValueError if it is not a dictionary, of an unknown kind, or has a
    field that is missing, unknown, of another type or too large.
    """
    if not isinstance(wire, Mapping):
        raise ValueError(f"an event is a dictionary, got {type(wire).__name__}")
    event = KINDS.get(str(wire.get("event")))
    if event is None:
        raise ValueError(f"unknown kind of event {str(wire.get('event'))[:40]!r}")
    wanted = {field.name: field for field in fields(event)}
    if unknown := [str(key)[:40] for key in wire if key != "event" and key not in wanted]:
        raise ValueError(f"event {event.kind!r} has no field {unknown[0]!r}")
    values = {name: _checked(event, name, field.type, wire) for name, field in wanted.items()}
    return event(**values)


def _checked(event: type[Event], name: str, kind: Any, wire: Mapping[Any, Any]) -> Any:
    if name not in wire:
        raise ValueError(f"event {event.kind!r} lacks the field {name!r}")
    value = wire[name]
    if kind in (str, int, bool, float):
        accepted: tuple[type, ...] = (int, float) if kind is float else (kind,)
        if not isinstance(value, accepted) or (kind is int and isinstance(value, bool)):
            raise ValueError(f"field {name!r} of event {event.kind!r} is no {kind.__name__}")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise ValueError(f"field {name!r} of event {event.kind!r} is too large")
        return value
    return _checked_tuple(event, name, kind, value)


def _checked_tuple(event: type[Event], name: str, kind: Any, value: Any) -> Any:
    if not isinstance(value, (tuple, list)) or len(value) > 10_000:
        raise ValueError(f"field {name!r} of event {event.kind!r} is no short list")
    if kind == Styles:
        if all(isinstance(item, str) and len(item) < 1000 for item in value):
            return tuple(value)
    elif kind == Summaries:
        inner = tuple(map(from_wire, value))
        if all(isinstance(item, HostSummary) for item in inner):
            return inner
    elif all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in value):
        second = int if kind == tuple[tuple[str, int], ...] else str
        if all(isinstance(key, str) and isinstance(item, second) for key, item in value):
            return tuple((key, item) for key, item in value)
    raise ValueError(f"field {name!r} of event {event.kind!r} has items of another type")
