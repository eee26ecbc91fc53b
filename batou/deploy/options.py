"""What a run was asked for."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batou.deploy.selection import Selection
from batou.goal import Goal

if TYPE_CHECKING:
    from batou.deploy.staging import Staging


@dataclass(frozen=True)
class RunOptions:
    """A run as it was asked for; None means that the environment decides.

    With *staging*, containers stand for the hosts.
    """

    environment: str
    goal: Goal = Goal.DEPLOY
    is_local: bool = False
    platform: str | None = None
    timeout: int | None = None
    jobs: int | None = None
    is_dirty_allowed: bool = False
    provision_rebuild: bool = False
    debug: bool = False
    changes_exit_code: bool = False
    skips_unreachable: bool = False
    lock_patience: float = 0.0  # seconds to wait for a host that another run holds
    selection: Selection = field(default_factory=Selection)
    staging: "Staging | None" = None

    @property
    def action(self) -> str:
        """What the run is called in its last line."""
        names = {
            Goal.CHECK: "CONSISTENCY CHECK",
            Goal.PREDICT: "DEPLOYMENT PREDICTION",
            Goal.DEPLOY: "DEPLOYMENT",
        }
        return names[self.goal]

    @property
    def stays_here(self) -> bool:
        """Whether only the model is made, on this machine."""
        return self.goal is Goal.CHECK and self.is_local


MAX_HOSTS_AT_ONCE = 64
