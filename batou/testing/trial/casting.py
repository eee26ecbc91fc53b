"""Which hosts take part in a trial, and the image of which platform stands for each."""

from collections.abc import Collection
from dataclasses import dataclass

from batou.deploy.selection import Selection
from batou.environment import Environment
from batou.errors import ConfigurationError, listing
from batou.host import Host

FALLBACK = "debian"
"""The platform of hosts whose own has no image."""


@dataclass(frozen=True)
class Part:
    """A host that takes part, what else it is called, its platform and that of its image."""

    host: str
    aliases: tuple[str, ...]
    platform: str
    image: str
    user: str | None = None

    @property
    def is_stand_in(self) -> bool:
        """Whether the image is of another platform."""
        return self.platform != self.image


def cast(
    environment: Environment,
    selection: Selection,
    platform: str | None,
    images: Collection[str],
) -> list[Part]:
    """The hosts of *environment* that are tried.

    With *platform*, only those that have it: hosts that name none, and those that
    name just this one. Raises ConfigurationError if there is no image for it, or
    no such host.
    """
    if platform and platform not in images:
        error = ConfigurationError(f"there is no image for the platform {platform!r}")
        error.advice = f"there are: {listing(sorted(images))}; make containers/{platform}/"
        raise error
    parts = [
        part(host, images)
        for host in environment.hosts.values()
        if not host.ignore
        and selection.takes_host(environment, host.name)
        and platform in (None, host.platform)
    ]
    if not parts:
        raise _nobody(environment, platform)
    return parts


def part(host: Host, images: Collection[str]) -> Part:
    """The part of one host."""
    from batou.deploy.staging import names_of

    aliases = tuple(name for name in names_of(host) if name != host.name)
    image = host.platform if host.platform in images else FALLBACK
    return Part(host.name, aliases, host.platform or "", image or FALLBACK, host.service_user)


def _nobody(environment: Environment, platform: str | None) -> ConfigurationError:
    error = ConfigurationError(f"environment {environment.name!r} has no host that can be tried")
    if platform:
        error = ConfigurationError(
            f"environment {environment.name!r} has no host of the platform {platform!r}"
        )
        hosts = [f"{host.name} ({host.platform})" for host in environment.hosts.values()]
        error.advice = f"its hosts are: {', '.join(hosts)}"
    return error
