"""What a run is for."""

from enum import Enum


class Goal(Enum):
    """Modes are values with questions, not flags threaded through calls."""

    CHECK = "check"  # is the model consistent?
    PREDICT = "predict"  # what would change?
    DEPLOY = "deploy"  # change it

    @property
    def reaches_hosts(self) -> bool:
        """Whether hosts are connected at all."""
        return self is not Goal.CHECK

    @property
    def changes_hosts(self) -> bool:
        """Whether ``update`` may be called."""
        return self is Goal.DEPLOY
