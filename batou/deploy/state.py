"""How far the hosts of a run are."""

from dataclasses import dataclass, field

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
