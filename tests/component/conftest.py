"""What tests of components share."""

import os
from collections.abc import Callable

import pytest

from batou.component import Component, ComponentDefinition, RootComponent
from batou.environment import Environment
from batou.host import Host


@pytest.fixture
def calls():
    """What was called, in order."""
    return []


@pytest.fixture
def make_root(tmp_path) -> Callable[..., RootComponent]:
    """Makes a root of a class, on host ``localhost`` of environment ``test``; not prepared yet."""
    base = os.path.realpath(tmp_path)
    environment = Environment("test", basedir=base)
    environment._set_defaults()
    host = Host("localhost", environment)
    environment.hosts[host.name] = host

    def make(kind: type[Component], overrides=None, features=(), platform=None) -> RootComponent:
        host.platform = platform
        definition = ComponentDefinition(kind, f"{base}/component.py")
        environment.components[definition.name] = definition
        root = environment.add_root(definition.name, host, features)
        root.overrides = overrides or {}
        return root

    return make


@pytest.fixture
def prepared(make_root) -> Callable[..., Component]:
    """Makes a root component of a class and prepares it; returns the component."""

    def make(kind: type[Component], overrides=None, **kw) -> Component:
        root = make_root(kind, overrides, **kw)
        root.prepare()
        return root.component

    return make
