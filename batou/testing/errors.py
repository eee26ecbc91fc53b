"""What can fail while containers stand for hosts."""

from dataclasses import dataclass

from batou.errors.base import ReportingException, Rows, closest, listing
from batou.errors.texts import clipped


class ContainerError(ReportingException):
    """Containers cannot do what is wanted."""


@dataclass(eq=False)
class NoEngine(ContainerError):
    """Neither docker nor podman answers."""

    answers: list[tuple[str, str]]
    """What each command said."""

    def summary(self) -> str:
        return "no container engine answers"

    def rows(self) -> Rows:
        return [(command, clipped(said)) for command, said in self.answers]

    def hint(self) -> str | None:
        return (
            "install docker or podman and start it; if it runs, look whether you may use it "
            "('docker info', or be in the group 'docker') and at DOCKER_HOST"
        )


@dataclass(eq=False)
class EngineFailed(ContainerError):
    """The container engine refused a command."""

    command: str
    said: str

    def summary(self) -> str:
        return f"the container engine cannot do {self.command!r}"

    def rows(self) -> Rows:
        return [("Said", clipped(self.said))] if self.said else []


@dataclass(eq=False)
class UnknownPlatform(ContainerError):
    """There is no image for a platform."""

    platform: str
    known: list[str]
    user: str | None = None

    def summary(self) -> str:
        asked = f" that host {self.user!r} has" if self.user else ""
        return f"there is no image for the platform {self.platform!r}{asked}"

    def rows(self) -> Rows:
        return [("Expected", f"containers/{self.platform}/platform.toml in the project")]

    def hint(self) -> str | None:
        known = f"platforms with an image: {listing(self.known)}"
        guess = closest(self.platform, self.known)
        return f"{guess} {known}" if guess else known


@dataclass(eq=False)
class InvalidPlatform(ContainerError):
    """A platform.toml is not as it has to be."""

    path: str
    what: str

    def summary(self) -> str:
        return f"{self.path} is not as expected: {self.what}"


@dataclass(eq=False)
class ImageFailed(ContainerError):
    """An image could not be built."""

    platform: str
    said: str
    advice: str = ""

    def summary(self) -> str:
        return f"the image for the platform {self.platform!r} could not be built"

    def rows(self) -> Rows:
        return [("Said", clipped(self.said))]

    def hint(self) -> str | None:
        return self.advice or None
