"""How far the hosts of a run are."""

from dataclasses import dataclass, field
from time import monotonic

from batou.component.apply import Outcome
from batou.transport import Line


@dataclass
class HostState:
    """How far a host is in this run."""

    name: str
    line: Line | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    problem: str = ""
    in_hand: str = ""
    roots: int = 0
    began: float = field(default_factory=monotonic)
    ended: float | None = None

    def end(self) -> None:
        """Nothing further is expected of it; its time stops."""
        self.ended = self.ended or monotonic()

    @property
    def seconds(self) -> float:
        """How long it took part."""
        return round((self.ended or monotonic()) - self.began, 3)
