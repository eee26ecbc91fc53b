"""How far each host is: values only, nothing is drawn here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from batou.report.events import Event, Heading, HostPhase

ENDED = ("done", "failed")

URGENCY = ("deploy", "ship", "configure", "connect", "wait", "failed", "done")
"""Phases, those first whose hosts are worth a line when there are too few."""


@dataclass(frozen=True)
class Place:
    """Where a host is: fields as in `HostPhase`, and since when, in seconds of a clock."""

    host: str
    phase: str
    detail: str
    done: int
    total: int
    since: float

    @property
    def is_over(self) -> bool:
        """Whether nothing further is expected of the host."""
        return self.phase in ENDED


class Board:
    """Learns from events where the hosts are."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}

    def take(self, event: Event, now: float) -> bool:
        """Learn from *event*, received at *now*; whether it told anything new."""
        if isinstance(event, HostPhase):
            before = self._places.get(event.host)
            since = before.since if before else now
            self._places[event.host] = Place(
                event.host, event.phase, event.detail, event.done, event.total, since
            )
            return True
        if isinstance(event, Heading) and (place := self._places.get(event.host)):
            if place.phase == "deploy":
                self._places[event.host] = replace(place, detail=event.component)
                return True
        return False

    @property
    def places(self) -> tuple[Place, ...]:
        """Where all hosts are, in the order in which they appeared."""
        return tuple(self._places.values())

    @property
    def is_connecting(self) -> bool:
        """Whether any host is being connected."""
        return any(place.phase == "connect" for place in self._places.values())


def chosen(places: Iterable[Place], limit: int) -> tuple[list[Place], list[Place]]:
    """At most *limit* of *places*, the busiest ones, and the others; both in their order."""
    ordered = list(places)
    by_urgency = sorted(range(len(ordered)), key=lambda i: (_urgency(ordered[i]), i))
    shown = set(by_urgency[: max(0, limit)])
    return (
        [place for i, place in enumerate(ordered) if i in shown],
        [place for i, place in enumerate(ordered) if i not in shown],
    )


def _urgency(place: Place) -> int:
    return URGENCY.index(place.phase) if place.phase in URGENCY else 0


def counted(places: Iterable[Place]) -> str:
    """How many of *places* are in which phase.

    >>> counted([Place("a", "wait", "", 0, 0, 0), Place("b", "wait", "", 0, 0, 0)])
    '2 wait'
    """
    phases = [place.phase for place in places]
    known = [phase for phase in URGENCY if phase in phases]
    return ", ".join(f"{phases.count(phase)} {phase}" for phase in known)
