"""Reporters that keep what they receive."""

from batou.report.events import Event
from batou.report.printing import event_lines


class Recording:
    """Keeps all events, for tests and for the wire."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def receive(self, event: Event) -> None:
        """Keep *event*."""
        self.events.append(event)

    @property
    def text(self) -> str:
        """What a person would have seen, without colours."""
        return "".join(f"{text}\n" for event in self.events for text, _ in event_lines(event))
