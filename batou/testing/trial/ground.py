"""The containers that a trial needs, from the image of each platform to the end of the last."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from batou.report import output
from batou.testing import leftovers
from batou.testing.engine import Engine, find_engine
from batou.testing.fleet import Attempt, Fleet, Member, Network
from batou.testing.platforms import platform
from batou.testing.trial import keeping
from batou.testing.trial.casting import Part
from batou.testing.trial.stage import StagedHost
from batou.testing.trial.wish import Wish


class Ground(Protocol):
    """Containers that run."""

    method: str
    run: str
    hosts: tuple[StagedHost, ...]

    def attempts(self) -> list[Attempt]:
        """What the containers have asked for that is outside, in order."""
        ...


class FleetGround:
    """A fleet, as a trial sees it."""

    def __init__(self, fleet: Fleet, parts: Sequence[Part]) -> None:
        self.fleet = fleet
        self.method = fleet.engine.command
        self.run = fleet.run_id
        self.hosts = tuple(
            StagedHost(
                part.host,
                fleet.container(part.host),
                fleet.addresses[part.host],
                part.platform or part.image,
                part.image,
                part.user,
            )
            for part in parts
        )

    def attempts(self) -> list[Attempt]:
        """What the containers have asked for that is outside, in order."""
        return self.fleet.attempts()


@contextmanager
def open_fleet(wish: Wish, parts: Sequence[Part]) -> Iterator[Ground]:
    """A container for each of *parts* while the block runs, and longer if *wish* keeps them.

    Raises NoEngine, UnknownPlatform, InvalidPlatform, ImageFailed and EngineFailed.
    """
    engine = find_engine()
    forget_kept(engine, wish.environment)
    members = [
        Member(part.host, platform(part.image, "."), part.aliases, part.user, systemd=wish.has_init)
        for part in parts
    ]
    network: Network = "bridge" if wish.has_network else "internal"
    with Fleet(engine, members, network, wish.keeps, output.line) as fleet:
        yield FleetGround(fleet, parts)


def forget_kept(engine: Engine, environment: str) -> None:
    """Remove what an earlier test of *environment* has kept."""
    stage = keeping.kept(environment)
    if stage is not None:
        leftovers.remove(engine, leftovers.things(engine, stage.run))
        keeping.forget(environment)
