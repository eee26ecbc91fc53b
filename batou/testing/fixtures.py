"""pytest fixtures for components."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import batou.net
import batou.report
from batou.component import Component, ComponentDefinition, RootComponent
from batou.environment import Environment
from batou.host import Host
from batou.report.output import Output, TestBackend


@pytest.fixture(autouse=True)
def ensure_workingdir() -> Iterator[None]:
    """The test ends in the directory it began in."""
    before = os.getcwd()
    yield
    os.chdir(before)


@pytest.fixture(autouse=True)
def reset_resolve_overrides() -> Iterator[None]:
    """The test has rules of name resolution of its own."""
    with batou.net.using(batou.net.NetSettings()):
        yield


@pytest.fixture(autouse=True)
def output(monkeypatch: pytest.MonkeyPatch) -> Output:
    """``batou.output``, recording: what was printed is in ``output.backend.output``."""
    recorded = batou.report.output
    monkeypatch.setattr(recorded, "backend", TestBackend())
    monkeypatch.setattr(recorded, "enable_debug", False)
    recorded.clear_buffer()
    return recorded


class MyComponent(Component):
    """The empty component of the `root` fixture."""


@pytest.fixture
def root(tmp_path: Path) -> RootComponent:
    """A root component in *tmp_path*, prepared and deployed; the current directory is its own.

    Tests add components to ``root.component`` and call ``root.component.deploy()``.
    """
    base = os.path.realpath(tmp_path)
    environment = Environment("test", basedir=base)
    environment._set_defaults()
    host = Host("localhost", environment)
    environment.hosts[host.name] = host
    definition = ComponentDefinition(MyComponent, defdir=base)
    environment.components[definition.name] = definition
    result = environment.add_root(definition.name, host)
    os.chdir(base)
    result.prepare()
    result.component.deploy()
    return result
