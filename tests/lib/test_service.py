"""`batou.lib.service`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from batou.component import Component, RootComponent
from batou.lib.file import File
from batou.lib.service import Service


@pytest.fixture
def platforms() -> Iterator[None]:
    """Companions of `Service` that the test registers are gone afterwards."""
    before = dict(Service.__dict__.get("_platforms", {}))
    yield
    Service._platforms = before


class Starter(Component):
    """A companion that can start its service."""

    def start(self) -> None:
        Path(self.root.workdir, "started-by-platform").touch()


class Silent(Component):
    """A companion that cannot start its service."""


class ServiceWithParts(Service):
    """A service with a sub-component that happens to have a method ``start``."""

    def configure(self) -> None:
        self += Starter()


def test_service_runs_its_executable_in_the_work_directory(root: RootComponent) -> None:
    root.component += Service("touch started-here")

    root.component._.start()

    assert os.listdir(root.workdir) == ["started-here"]


def test_companion_of_the_platform_starts_the_service(root: RootComponent, platforms: None) -> None:
    Service._add_platform("test", Starter)
    root.host.platform = "test"
    root.component += Service("touch started-here")

    root.component._.start()

    assert os.listdir(root.workdir) == ["started-by-platform"]


def test_companion_without_start_leaves_the_start_to_the_service(
    root: RootComponent, platforms: None
) -> None:
    Service._add_platform("test", Silent)
    root.host.platform = "test"
    root.component += Service("touch started-here")

    root.component._.start()

    assert os.listdir(root.workdir) == ["started-here"]


def test_sub_component_with_start_is_not_mistaken_for_a_companion(root: RootComponent) -> None:
    root.component += ServiceWithParts("touch started-here")

    root.component._.start()

    assert os.listdir(root.workdir) == ["started-here"]


def test_attributes_patched_onto_the_class_become_keywords(
    root: RootComponent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Service, "checksum", "")
    monkeypatch.setattr(Service, "systemd", None, raising=False)

    root.component += Service("bin/app", checksum="abc", systemd={"Type": "simple"})

    service = root.component._
    assert (service.checksum, service.systemd) == ("abc", {"Type": "simple"})


def test_service_knows_its_executable_and_pidfile(root: RootComponent) -> None:
    root.component += File("app.pid", content="1")
    root.component += Service("bin/app", pidfile="app.pid")

    assert (root.component._.executable, root.component._.pidfile) == ("bin/app", "app.pid")
