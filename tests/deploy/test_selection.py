"""Narrowing a run leaves a trace of what was left out."""

import pytest

from batou.component import Component, ComponentDefinition
from batou.deploy.selection import Selection
from batou.environment import Environment
from batou.host import Host


class App(Component):
    pass


class Db(Component):
    pass


@pytest.fixture
def environment(tmp_path):
    environment = Environment("test", basedir=tmp_path)
    environment._set_defaults()
    for definition in (ComponentDefinition(App), ComponentDefinition(Db)):
        environment.components[definition.name] = definition
    for name in ("web1", "web2"):
        host = environment.hosts[name] = Host(name, environment)
        environment.add_root("app", host)
        environment.add_root("db", host)
    return environment


def test_nothing_is_left_out_by_default(environment):
    assert Selection().left_out(environment) == []


def test_hosts_that_are_not_named_are_left_out(environment):
    left_out = Selection(hosts=("web1",)).left_out(environment)

    assert left_out == [
        (("web2", "app"), "host was left out"),
        (("web2", "db"), "host was left out"),
    ]


def test_a_skipped_host_is_left_out(environment):
    assert not Selection(skip_hosts=("web1",)).takes_host(environment, "web1")


def test_components_that_are_not_named_are_left_out(environment):
    left_out = Selection(components=("app",)).left_out(environment)

    assert [task for task, _ in left_out] == [("web1", "db"), ("web2", "db")]


def test_ignored_hosts_and_components_are_left_out_with_their_reason(environment):
    environment.hosts["web1"].ignore = True
    environment.get_root("app", environment.hosts["web2"]).ignore = True

    reasons = dict(Selection().left_out(environment))

    assert reasons[("web1", "db")] == "host is ignored"
    assert reasons[("web2", "app")] == "component is ignored"


def test_unknown_names_are_refused_with_the_nearest(environment):
    errors = Selection(hosts=("wep1",), components=("apq",)).check(environment)

    assert [str(error) for error in errors] == [
        "--host: there is no host 'wep1'; did you mean 'web1'?",
        "--component: there is no component 'apq'; did you mean 'app'?",
    ]


def test_a_host_is_known_by_its_configured_name_too(environment):
    environment.hostname_mapping["old"] = "web1"

    assert Selection(hosts=("old",)).check(environment) == []
    assert Selection(hosts=("old",)).takes_host(environment, "web1")
