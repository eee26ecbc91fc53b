"""Predicting: verify alone, and nothing on the host is touched."""

import os

import pytest

from batou import UpdateNeeded
from batou.component import Component, handle_event


class Change(Component):
    def verify(self):
        raise UpdateNeeded("it is missing")

    def update(self):
        raise AssertionError("must not be called")


@pytest.fixture
def fresh(prepared):
    """A prepared component that was never deployed: its work directory does not exist."""
    component = prepared(Component)
    assert not os.path.exists(component.workdir)
    return component


def test_nothing_is_updated_but_would_be(root):
    root.component += Change()
    root.component.deploy(predict_only=True)

    assert root.component._.changed
    assert root.component.changed


def test_no_directory_is_made(fresh, calls):
    class Looking(Component):
        def verify(self):
            calls.append(os.listdir("."))
            calls.append(os.path.exists("x"))

    fresh += Looking()
    before = os.getcwd()
    fresh.deploy(predict_only=True)

    assert calls == [[], False]
    assert not os.path.exists(fresh.workdir)
    assert os.getcwd() == before


def test_what_a_prediction_writes_is_gone_afterwards(fresh, calls):
    class Writing(Component):
        def verify(self):
            with open("x", "w"):
                calls.append(os.path.abspath("x"))

    fresh += Writing()
    fresh.deploy(predict_only=True)

    assert not os.path.exists(calls[0])
    assert not os.path.exists(fresh.workdir)


def test_an_existing_work_directory_is_used(root, calls):
    class Looking(Component):
        def verify(self):
            calls.append(os.getcwd())

    root.component += Looking()
    root.component.deploy(predict_only=True)

    assert calls == [root.workdir]


class Reading(Component):
    def verify(self):
        with open("missing"):
            pass


def test_a_failure_after_changes_counts_as_a_change(root, output):
    root.component += Change()
    root.component += Reading()
    root.component.deploy(predict_only=True)

    assert root.component._.changed
    assert "cannot tell before the changes above are made" in output.backend.output
    assert "FileNotFoundError" in output.backend.output


def test_a_failure_after_changes_of_another_root_does_so_too(root, make_root):
    other = root.environment.add_root("mycomponent", root.host)
    other.prepare()
    other.component += Reading()
    root.component += Change()
    root.host.components["first"] = root

    root.component.deploy(predict_only=True)
    other.component.deploy(predict_only=True)

    assert other.component._.changed


def test_a_failure_in_a_component_whose_parts_would_change_does_so_too(root):
    class Outer(Reading):
        def configure(self):
            self += Change()

    root.component += Outer()
    root.component.deploy(predict_only=True)

    assert root.component._.changed


def test_a_failure_without_any_change_before_it_is_one(root):
    root.component += Reading()
    root.component += Change()

    with pytest.raises(FileNotFoundError):
        root.component.deploy(predict_only=True)


def test_a_failure_after_changes_is_one_when_deploying(root):
    class Changing(Change):
        def update(self):
            pass

    root.component += Changing()
    root.component += Reading()

    with pytest.raises(FileNotFoundError):
        root.component.deploy()


def test_event_handlers_are_named_but_not_called(root, output):
    class Handling(Component):
        @handle_event("before-update", "*")
        def stop(self, source):
            raise ValueError("must not be called")

    root.component += Handling()
    root.component += Change()
    root.component.deploy(predict_only=True)

    assert "Trigger before-update: <Handling (localhost)" in output.backend.output
    assert ".stop" in output.backend.output


def test_dependents_see_what_would_change(root):
    class Restart(Component):
        def verify(self):
            self.parent.assert_no_changes()

    root.component += Change()
    root.component += Restart()
    root.component.deploy(predict_only=True)

    assert root.component._.changed
