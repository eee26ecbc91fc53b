"""What root components offer each other."""

from types import SimpleNamespace

import pytest

from batou.environment import Environment
from batou.host import Host
from batou.net import Address
from batou.resources import Resources, Subscription, alike, same_values


class Root:
    """What the registry knows of a root: its host, and its place."""

    def __init__(self, name, host, place):
        self.name, self.host, self._index = name, host, place

    def __repr__(self):
        return self.name


environment = Environment("dev")
web, db = Host("web", environment), Host("db", environment)
one, two, three = Root("one", web, 1), Root("two", web, 2), Root("three", db, 3)


@pytest.fixture
def resources():
    return Resources()


def configured(resources, root, provides=(), requires=()):
    """Configure *root* once: what it provides as (key, value), requires as keyword dictionaries."""
    resources.begin(root)
    values = [resources.require(root, **wanted) for wanted in requires]
    for key, value in provides:
        resources.provide(root, key, value)
    resources.settle(root)
    return values


def test_nothing_provided_is_an_empty_list(resources):
    assert resources.require(one, "x") == []
    assert resources.get("x") == []


def test_values_come_in_the_order_of_roots_then_of_calls(resources):
    configured(resources, three, [("x", "c")])
    configured(resources, one, [("x", "a1"), ("x", "a2")])
    configured(resources, two, [("x", "b")])

    assert resources.get("x") == ["a1", "a2", "b", "c"]


def test_values_can_be_asked_for_one_host(resources):
    configured(resources, one, [("x", 1)])
    configured(resources, three, [("x", 3)])

    assert resources.get("x", host=web) == [1]
    assert resources.get("x", host=db) == [3]
    assert resources.get("x", host=Host("web", environment)) == []  # not that very host


def test_each_answer_is_a_list_of_its_own(resources):
    configured(resources, one, [("x", 1)])

    resources.get("x").append(2)

    assert resources.get("x") == [1]


@pytest.mark.parametrize("key", ["text", 5, None, ("a", 1), frozenset([1]), Resources])
def test_any_hashable_is_a_key(resources, key):
    configured(resources, one, [(key, "value")])

    assert resources.get(key) == ["value"]


@pytest.mark.parametrize("value", [None, 0, "", [], object()])
def test_any_object_is_a_value(resources, value):
    configured(resources, one, [("x", value)])

    assert resources.get("x") == [value]


def test_what_a_root_provided_is_withdrawn_when_it_is_configured_again(resources):
    configured(resources, one, [("x", 1)])
    configured(resources, one, [("y", 2)])

    assert resources.get("x") == []
    assert resources.get("y") == [2]
    assert "x" not in resources.resources


def test_what_a_root_required_is_withdrawn_when_it_is_configured_again(resources):
    configured(resources, one, requires=[{"key": "x"}])
    configured(resources, one)

    assert resources.unsatisfied() == []
    assert resources.subscribers == {}


def test_subscriptions_can_be_listed(resources):
    configured(resources, one, requires=[{"key": "x"}, {"key": "x", "host": web, "dirty": True}])

    every = [(s.root, s.host, s.strict, s.dirty) for s in resources.subscribers["x"]]
    assert every == [(one, None, True, False), (one, web, True, True)]
    assert all(isinstance(entry, Subscription) for entry in resources.subscribers["x"])


class TestChanges:
    def test_who_saw_fewer_values_is_configured_again(self, resources):
        configured(resources, one, requires=[{"key": "x"}])
        configured(resources, two, [("x", 1)])

        assert resources.dirty_dependencies == {one}

    def test_who_saw_values_that_are_gone_is_configured_again(self, resources):
        configured(resources, two, [("x", 1)])
        configured(resources, one, requires=[{"key": "x"}])
        configured(resources, two)

        assert resources.dirty_dependencies == {one}

    def test_equal_plain_values_disturb_nobody(self, resources):
        configured(resources, two, [("x", {"port": [80, "a"]})])
        configured(resources, one, requires=[{"key": "x"}])
        configured(resources, two, [("x", {"port": [80, "a"]})])

        assert resources.dirty_dependencies == set()

    def test_other_plain_values_do(self, resources):
        configured(resources, two, [("x", {"port": [80]})])
        configured(resources, one, requires=[{"key": "x"}])
        configured(resources, two, [("x", {"port": [81]})])

        assert resources.dirty_dependencies == {one}

    def test_new_objects_do_for_they_may_be_looked_into(self, resources):
        configured(resources, two, [("x", SimpleNamespace(a=1))])
        configured(resources, one, requires=[{"key": "x"}])
        configured(resources, two, [("x", SimpleNamespace(a=1))])

        assert resources.dirty_dependencies == {one}

    def test_who_requires_dirty_is_left_alone(self, resources):
        configured(resources, one, requires=[{"key": "x", "dirty": True}])
        configured(resources, two, [("x", 1)])

        assert resources.dirty_dependencies == set()

    def test_who_asks_for_another_host_is_left_alone(self, resources):
        configured(resources, one, requires=[{"key": "x", "host": db, "strict": False}])
        configured(resources, two, [("x", 1)])
        assert resources.dirty_dependencies == set()

        configured(resources, three, [("x", 1)])
        assert resources.dirty_dependencies == {one}

    def test_who_provides_is_not_disturbed_by_itself(self, resources):
        configured(resources, one, [("x", 1)], [{"key": "x"}])

        assert resources.dirty_dependencies == set()

    def test_peers_that_provide_new_but_like_objects_leave_each_other_alone(self, resources):
        for _ in range(2):
            for root in (one, two):
                configured(resources, root, [("x", SimpleNamespace(port=80))], [{"key": "x"}])
        resources.dirty_dependencies.clear()

        configured(resources, one, [("x", SimpleNamespace(port=80))], [{"key": "x"}])
        assert resources.dirty_dependencies == set()

        configured(resources, one, [("x", SimpleNamespace(port=81))], [{"key": "x"}])
        assert resources.dirty_dependencies == {two}


class TestDependencies:
    def test_who_requires_comes_after_who_provides(self, resources):
        configured(resources, one, requires=[{"key": "x"}])
        configured(resources, three, [("x", 1)])

        assert resources.dependencies() == {one: {three: "x"}}
        assert resources.requirements() == {one: {three}}

    def test_reverse_turns_the_order(self, resources):
        configured(resources, one, requires=[{"key": "x", "reverse": True}])
        configured(resources, two, [("x", 1)])

        assert resources.dependencies() == {two: {one: "x"}}
        assert resources.requirements() == {one: {two}}

    def test_dirty_and_not_strict_order_too(self, resources):
        configured(resources, one, requires=[{"key": "x", "dirty": True, "strict": False}])
        configured(resources, two, [("x", 1)])

        assert resources.dependencies() == {one: {two: "x"}}

    def test_a_host_restricts_the_order(self, resources):
        configured(resources, one, requires=[{"key": "x", "host": db}])
        configured(resources, two, [("x", 1)])
        configured(resources, three, [("x", 1)])

        assert resources.dependencies() == {one: {three: "x"}}

    def test_a_root_does_not_depend_on_itself(self, resources):
        configured(resources, one, [("x", 1)], [{"key": "x"}])

        assert resources.dependencies() == {}

    def test_peers_have_no_order_but_others_have(self, resources):
        configured(resources, one, [("x", 1)], [{"key": "x"}])
        configured(resources, two, [("x", 2)], [{"key": "x"}])
        configured(resources, three, requires=[{"key": "x"}])

        assert resources.dependencies() == {three: {one: "x", two: "x"}}

    def test_who_only_provides_comes_before_all_peers(self, resources):
        configured(resources, one, [("x", 1)], [{"key": "x"}])
        configured(resources, two, [("x", 2)])

        assert resources.dependencies() == {one: {two: "x"}}


class TestMissing:
    def test_a_strictly_required_key_that_nobody_provides_is_missing(self, resources):
        configured(resources, two, requires=[{"key": "x"}])
        configured(resources, one, requires=[{"key": "x"}])

        assert resources.unsatisfied() == [("x", None, [one, two])]

    def test_strictness_is_each_subscribers_own_matter(self, resources):
        configured(resources, one, requires=[{"key": "x", "host": web, "strict": False}])
        configured(resources, two, requires=[{"key": "x", "host": db}])
        configured(resources, three, [("y", 1)], [{"key": "x", "strict": False}])

        assert resources.unsatisfied() == [("x", db, [two])]

    def test_values_on_another_host_do_not_help(self, resources):
        configured(resources, one, [("x", 1)])
        configured(resources, two, requires=[{"key": "x", "host": db}])

        assert resources.unsatisfied() == [("x", db, [two])]

    def test_a_key_whose_values_were_withdrawn_is_missing(self, resources):
        configured(resources, one, [("x", 1)])
        configured(resources, two, requires=[{"key": "x"}])
        configured(resources, one)

        assert resources.unsatisfied() == [("x", None, [two])]


class TestUnused:
    def test_what_nobody_requires_is_unused(self, resources):
        configured(resources, one, [("x", 1)])

        assert list(resources.unused()) == [("x", one, [1])]

    @pytest.mark.parametrize("flags", [{}, {"strict": False}, {"reverse": True}, {"dirty": True}])
    def test_every_kind_of_require_uses(self, resources, flags):
        configured(resources, one, [("x", 1)])
        configured(resources, two, requires=[{"key": "x", **flags}])

        assert list(resources.unused()) == []

    def test_a_key_is_used_by_host(self, resources):
        configured(resources, one, [("x", 1)])
        configured(resources, three, [("x", 3)])
        configured(resources, two, requires=[{"key": "x", "host": web}])

        assert list(resources.unused()) == [("x", three, [3])]


@pytest.mark.parametrize(
    "a, b, same, similar",
    [
        (1, 1, True, True),
        (1, True, False, False),
        ([1, (2,)], [1, (2,)], True, True),
        ([1], [1, 2], False, False),
        ({"a": {1}}, {"a": {1}}, True, True),
        ({"a": 1}, {"b": 1}, False, False),
        ({("a", SimpleNamespace)}, {("a", SimpleNamespace)}, False, True),
        (SimpleNamespace(a=1), SimpleNamespace(a=1), False, True),
        (Root("x", web, 1), Root("x", web, 1), False, True),
        (Root("x", web, 1), Root("y", web, 1), False, False),
        (Address("a:80"), Address("a:80"), False, True),
        ([Address("a:80")], [Address("a:81")], False, False),
    ],
)
def test_values_are_compared(a, b, same, similar):
    assert same_values(a, b) is same
    assert alike(a, b) is similar
