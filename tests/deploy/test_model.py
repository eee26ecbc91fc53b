"""The model as a host tells it, and which errors hosts may not have."""

import pytest

from batou.deploy.model import Order, may_differ_on_hosts
from batou.errors import (
    CmdExecutionError,
    ConfigurationError,
    ErrorInComponent,
    UnknownComponentConfigurationError,
    UnsatisfiedResources,
)


class Named:
    def __init__(self, name):
        self.name = name


class Root(Named):
    def __init__(self, host, name):
        super().__init__(name)
        self.host = Named(host)


class Environment:
    root_components = [Root("a", "app"), Root("b", "db")]


def order(wire):
    return Order.told(Environment(), wire)


def test_the_order_of_a_host_is_taken_over():
    told = order([["b", "db", []], ["a", "app", [["b", "db"]]]])

    assert told.tasks == (("b", "db"), ("a", "app"))
    assert told.needs == {("b", "db"): (), ("a", "app"): (("b", "db"),)}


@pytest.mark.parametrize(
    "wire",
    [
        None,
        7,
        "x",
        [7],
        [["a"]],
        [["a", "app", 7]],
        [["x", "y", []]],
        [["a", "app", [7, ["x", "y"], [["a"]]]]],
        [[["a"], "app", []]],
    ],
)
def test_what_makes_no_sense_is_left_out_and_no_task_is_lost(wire):
    told = order(wire)

    assert sorted(told.tasks) == [("a", "app"), ("b", "db")]
    assert all(not needs for needs in told.needs.values())


def unexpected(cause):
    error = UnknownComponentConfigurationError("app", "a", "x")
    error._original = cause
    return error


def inside(cause):
    error = ErrorInComponent("app", "a", "x", [])
    error._original = cause
    return error


@pytest.mark.parametrize(
    "errors, expected",
    [
        ([unexpected(FileNotFoundError())], True),
        ([unexpected(KeyError("app"))], True),
        ([inside(CmdExecutionError("x", 1, "", ""))], True),
        ([unexpected(FileNotFoundError()), UnsatisfiedResources([], [], [], False)], True),
        ([unexpected(NameError())], False),
        ([unexpected(FileNotFoundError()), unexpected(TypeError())], False),
        ([unexpected(FileNotFoundError()), ConfigurationError("x")], False),
        ([inside(ConfigurationError("x"))], False),
        ([UnsatisfiedResources([], [], [], False)], False),
        ([], False),
    ],
)
def test_only_what_may_come_from_this_machine_is_left_to_the_hosts(errors, expected):
    assert may_differ_on_hosts(errors) is expected
