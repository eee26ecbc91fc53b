"""A host configures its own roots; others only if something asks for them."""

import pytest

import batou.c


@pytest.fixture
def load(project):
    """Loads an environment: *source* in one component file, components by host."""

    def load(source, **hosts):
        project.component("all", "calls = []\n" + source)
        lines = "\n".join(f"{host} = {components}" for host, components in hosts.items())
        project.environment(f"[hosts]\n{lines}\n")
        environment = project.load()
        assert environment.exceptions == []
        return environment

    return load


def root(environment, host, name):
    return environment.hosts[host].components[name]


SOURCE = """
class Other(Component):
    port = 80
    def configure(self):
        calls.append(f"other on {self.host.name}")
class Plain(Component):
    def configure(self):
        calls.append(f"plain on {self.host.name}")
class Asking(Component):
    def configure(self):
        calls.append(f"asking on {self.host.name}")
        other = self.environment.get_root("other", self.environment.get_host("b"))
        self.port = other.component.port
"""


def test_only_chosen_roots_are_configured(load):
    environment = load(SOURCE, a="plain", b="plain, other")
    environment.configure([root(environment, "a", "plain")])

    assert batou.c.all.calls == ["plain on a"]
    assert environment.exceptions == []


def test_another_root_is_configured_when_it_is_asked_for(load):
    environment = load(SOURCE, a="asking", b="plain, other")
    environment.configure([root(environment, "a", "asking")])

    assert environment.exceptions == []
    assert root(environment, "a", "asking").component.port == 80
    assert batou.c.all.calls == ["asking on a", "other on b"]


def test_it_is_configured_once(load):
    environment = load(SOURCE, a="asking, plain", b="other", c="asking")
    environment.configure([root(environment, host, "asking") for host in "ac"])

    assert batou.c.all.calls.count("other on b") == 1


def test_it_may_be_asked_for_while_deploying(load):
    environment = load(SOURCE, a="plain", b="other")
    environment.configure([root(environment, "a", "plain")])

    assert root(environment, "b", "other").component.port == 80


def test_unused_resources_are_no_matter_for_a_part_of_the_model(load):
    source = """
class Provider(Component):
    def configure(self):
        self.provide("key", 1)
class Requirer(Component):
    def configure(self):
        self.require("key")
"""
    environment = load(source, a="provider", b="requirer")
    environment.configure([root(environment, "a", "provider")])

    assert environment.exceptions == []


NEEDY = """
class Provider(Component):
    def configure(self):
        self.provide("key", 5)
class Other(Component):
    def configure(self):
        self.values = self.require("key"{flags})
class Asking(Component):
    def configure(self):
        host = self.environment.get_host("b")
        self.values = list(self.environment.get_root("other", host).component.values)
"""


@pytest.mark.parametrize("flags", ["", ", strict=False"])
def test_what_an_asked_root_requires_is_configured_too(load, flags):
    environment = load(NEEDY.format(flags=flags), a="asking", b="other", c="provider")
    environment.configure([root(environment, "a", "asking")])

    assert environment.exceptions == []
    assert root(environment, "a", "asking").component.values == [5]


def test_also_when_it_is_asked_for_while_deploying(load):
    source = NEEDY.format(flags="") + "class Plain(Component): pass\n"
    environment = load(source, a="plain", b="other", c="provider")
    environment.configure([root(environment, "a", "plain")])
    deployed = root(environment, "a", "plain").component

    assert root(environment, "b", "other").component.values == [5]
    assert root(environment, "a", "plain").component is deployed


def test_a_chosen_root_that_lacks_a_resource_finds_it_among_the_others(load):
    source = """
class Provider(Component):
    def configure(self):
        self.provide("key", 5)
class Requirer(Component):
    def configure(self):
        self.value = self.require_one("key")
"""
    environment = load(source, a="requirer", b="provider")
    environment.configure([root(environment, "a", "requirer")])

    assert environment.exceptions == []
    assert root(environment, "a", "requirer").component.value == 5


def test_a_failure_of_its_own_does_not_bring_the_others_in(load):
    source = """
class Failing(Component):
    def configure(self):
        1/0
class Other(Component):
    def configure(self):
        calls.append("other")
"""
    environment = load(source, a="failing", b="other")
    environment.configure([root(environment, "a", "failing")])

    assert len(environment.exceptions) == 1
    assert batou.c.all.calls == []


def test_a_root_that_cannot_be_configured_when_asked_for_is_an_error(load):
    source = """
class Plain(Component):
    pass
class Other(Component):
    def configure(self):
        raise ValueError("broken")
"""
    environment = load(source, a="plain", b="other")
    environment.configure([root(environment, "a", "plain")])

    with pytest.raises(Exception, match="broken"):
        root(environment, "b", "other").component


def test_the_order_covers_the_chosen_roots(load):
    environment = load(SOURCE, a="plain, other", b="plain")
    chosen = list(environment.hosts["a"].components.values())
    environment.configure(chosen)

    assert environment._model.order == chosen
    assert environment.hosts["a"].root_dependencies() == {each: set() for each in chosen}
