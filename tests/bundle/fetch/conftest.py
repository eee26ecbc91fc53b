"""What components want, fetched as the controller does and handed to them as a host has it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from batou.artifacts import Shipped
from batou.bundle.cache import Cache
from batou.bundle.fetch.desk import Desk
from batou.bundle.fetch.kinds import fetcher
from batou.bundle.fetch.wishes import wishes
from batou.bundle.interpreter import Interpreter
from batou.component import RootComponent


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Cache(str(tmp_path / "cache")), str(tmp_path), Interpreter.here())


@pytest.fixture
def deliver(root: RootComponent, desk: Desk) -> Callable[[], None]:
    """Fetches what the components of `root` want, and gives it to them."""

    def deliver() -> None:
        again = Desk(Cache(desk.cache.place), desk.directory, Interpreter.here())
        found = {
            wish.artifact.key: fetcher(wish.artifact.kind)(wish.artifact, again).to_wire()
            for wish in wishes(root.host)
        }
        directory = os.path.join(desk.cache.place, "artifacts")
        root.environment._artifacts = Shipped(directory, found)

    return deliver
