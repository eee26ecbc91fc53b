"""A line to one host.

A `Line` sends requests and hands everything that arrives to an inbox, so that
one thread can listen to all hosts.
"""

from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Protocol


@dataclass(frozen=True)
class Arrival:
    """Something that came over the line of *host*: a message, or the end of the line."""

    host: str
    message: Any = None
    closed: bool = False
    error: BaseException | None = field(default=None, compare=False)


Inbox = SimpleQueue[Arrival]
"""Everything that hosts say; also a handler of signals may put something in."""


class Line(Protocol):
    """What the run needs of a connection."""

    host: str

    def send(self, request: dict[str, Any]) -> None:
        """Send *request*; raises OSError if the line is broken."""
        ...

    def close(self) -> None:
        """Close the line; the host stops what it does."""
        ...
