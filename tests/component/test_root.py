"""Root components, and the fixtures that tests of components use."""

import os
import re

import pytest

from batou.component import Component, RootComponent
from batou.report.output import TestBackend


def make(**kw):
    defaults = {
        "name": "app",
        "environment": "environment",
        "host": type("Host", (), {"name": "web", "fqdn": "web.example.net"})(),
        "features": ["a"],
        "ignore": False,
        "factory": Component,
        "defdir": "/defdir",
        "workdir": "/workdir",
    }
    return RootComponent(**{**defaults, **kw})


def test_it_has_what_it_was_given():
    root = make(overrides={"a": "1"})

    assert (root.name, root.environment, root.features) == ("app", "environment", ["a"])
    assert (root.factory, root.defdir, root.workdir) == (Component, "/defdir", "/workdir")
    assert (root.ignore, root.overrides) == (False, {"a": "1"})
    assert root._breadcrumbs == "web"
    assert root._logs is None


def test_without_overrides_there_are_none():
    assert make().overrides == {}
    assert RootComponent.ignore is False


def test_it_has_a_repr():
    assert re.fullmatch(r'<RootComponent "app" object at 0x[0-9a-f]+>', repr(make()))


def test_before_it_is_prepared_it_has_no_component():
    root = make()

    assert not hasattr(root, "component")
    with pytest.raises(AttributeError, match="component 'app' on 'web' is not configured"):
        root.component


def test_each_preparation_makes_a_new_component(root):
    first = root.component
    root.prepare()

    assert root.component is not first
    assert type(root.component) is type(first)


def test_the_factory_gets_no_arguments(make_root, calls):
    class App(Component):
        def __init__(self, *args, **kw):
            calls.append((args, kw))
            super().__init__()

    make_root(App).prepare()

    assert calls == [((), {})]


class TestFixtures:
    def test_the_root_is_prepared_and_deployed(self, root, tmp_path):
        base = os.path.realpath(tmp_path)

        assert (root.name, root.host.name, root.environment.name) == (
            "mycomponent",
            "localhost",
            "test",
        )
        assert os.getcwd() == root.defdir == base
        assert root.workdir == f"{base}/work/mycomponent"
        assert os.path.isdir(root.workdir)
        assert root.environment.base_dir == base
        assert root.environment.get_root("mycomponent", root.host) is root
        assert root.environment.connect_method == "ssh"

    def test_sub_components_can_be_added_through_it(self, root):
        root.component += Component()
        root.component |= None

        assert len(root.component.sub_components) == 1

    def test_a_component_can_be_prepared_with_it(self, root):
        component = Component()
        component.prepare(root)

        assert component.parent is root
        component.deploy()

    def test_the_output_is_recorded(self, output):
        assert isinstance(output.backend, TestBackend)
        assert output.backend.output == ""

    def test_the_directory_may_be_left_one(self):
        os.chdir("/")

    def test_the_directory_may_be_left_two(self):
        assert os.getcwd() != "/"

    def test_overrides_of_resolving_end_with_the_test_one(self):
        from batou import utils

        assert not utils.resolve_override
        utils.resolve_override["x"] = "192.0.2.1"

    test_overrides_of_resolving_end_with_the_test_two = (
        test_overrides_of_resolving_end_with_the_test_one
    )
