"""What can go wrong with containers."""

from dataclasses import dataclass

from batou.errors import DeploymentError
from batou.errors.base import Rows


@dataclass(eq=False)
class NoEngine(DeploymentError):
    """There is no engine that could be asked."""

    engine: str
    reason: str

    def summary(self) -> str:
        return f"cannot ask {self.engine}: {self.reason}"

    def hint(self) -> str | None:
        return "install docker or podman on the host; docker has to run, and to let this user in"


@dataclass(eq=False)
class ContainerFailed(DeploymentError):
    """A container did not start, or did not stay up."""

    container: str
    problem: str
    logs: str
    advice: str

    def summary(self) -> str:
        return f"container {self.container!r} {self.problem}"

    def rows(self) -> Rows:
        return [("Logs", self.logs)] if self.logs else []

    def hint(self) -> str | None:
        return self.advice
