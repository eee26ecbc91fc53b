"""What can go wrong with units."""

from dataclasses import dataclass

from batou.errors import DeploymentError
from batou.errors.base import Rows


@dataclass(eq=False)
class NoManager(DeploymentError):
    """There is no systemd that could be asked."""

    whose: str
    reason: str
    advice: str

    def summary(self) -> str:
        return f"cannot ask {self.whose}: {self.reason}"

    def hint(self) -> str | None:
        return self.advice


@dataclass(eq=False)
class NoLingering(DeploymentError):
    """A user's units would end when that user logs out."""

    user: str

    def summary(self) -> str:
        return f"user {self.user!r} does not linger, so its units would end with its login"

    def hint(self) -> str | None:
        return f"run once, as root: loginctl enable-linger {self.user}"


@dataclass(eq=False)
class CannotEnable(DeploymentError):
    """A unit does not say what is to start it."""

    unit: str
    state: str

    def summary(self) -> str:
        return f"cannot enable unit {self.unit!r}, it is {self.state!r}"

    def hint(self) -> str | None:
        return (
            "give its file a section [Install], for example with WantedBy=multi-user.target, "
            "or enable=None if something else starts it"
        )


@dataclass(eq=False)
class UnitFailed(DeploymentError):
    """A unit did not become, or did not stay, as wanted."""

    unit: str
    problem: str
    status: str
    journal: str
    advice: str

    def summary(self) -> str:
        return f"unit {self.unit!r} {self.problem}"

    def rows(self) -> Rows:
        rows = [("Status", self.status), ("Journal", self.journal)]
        return [(key, value) for key, value in rows if value]

    def hint(self) -> str | None:
        return self.advice
