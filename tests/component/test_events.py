"""Events: who is told before another component is updated."""

import pytest

from batou import UpdateNeeded
from batou.component import Component, check_event_scope, handle_event


@pytest.fixture
def kinds(calls):
    """Classes of components that note which events they receive."""

    class Base(Component):
        namevar = "name"
        needs = False

        def verify(self):
            if self.needs:
                raise UpdateNeeded

        def update(self):
            calls.append(f"{self.name} update")

    class All(Base):
        @handle_event("before-update", "*")
        def told(self, source):
            calls.append(f"{self.name} told of {source.name}")

    class Precursor(Base):
        @handle_event("before-update", "precursor")
        def told(self, source):
            calls.append(f"{self.name} told of {source.name}")

    class Kinds:
        plain, all, precursor = Base, All, Precursor

    return Kinds


def test_without_a_change_there_are_no_events(root, kinds, calls):
    root.component += kinds.all("a")
    root.component += kinds.precursor("b")
    root.component.deploy()

    assert calls == []


def test_all_are_told_before_an_update(root, kinds, calls):
    root.component += kinds.all("before")
    root.component += kinds.plain("changing", needs=True)
    root.component += kinds.all("after")
    root.component.deploy()

    assert calls == ["before told of changing", "after told of changing", "changing update"]


def test_a_component_is_told_of_itself(root, kinds, calls):
    root.component += kinds.all("a", needs=True)
    root.component.deploy()

    assert calls == ["a told of a", "a update"]


def test_precursors_are_those_deployed_before(root, kinds, calls):
    root.component += kinds.precursor("before", needs=True)
    root.component += kinds.plain("changing", needs=True)
    root.component += kinds.precursor("after")
    root.component.deploy()

    assert calls == [
        "after told of before",
        "before update",
        "after told of changing",
        "changing update",
    ]


def test_what_lies_deep_in_an_earlier_component_is_a_precursor(root, kinds, calls):
    outer = kinds.plain("outer")
    root.component += outer
    outer += kinds.plain("inner", needs=True)
    root.component += kinds.precursor("after")
    root.component.deploy()

    assert calls == ["after told of inner", "inner update"]


def test_a_parent_is_no_precursor_of_its_children_for_it_is_deployed_after_them(root, kinds, calls):
    outer = kinds.plain("outer", needs=True)
    root.component += outer
    outer += kinds.precursor("inner")
    root.component.deploy()

    assert calls == ["outer update"]


def test_the_root_component_is_told_too(prepared, kinds, calls):
    class Root(kinds.all):
        namevar = None
        name = "root"

        def configure(self):
            self += kinds.plain("changing", needs=True)

    prepared(Root).deploy()

    assert calls == ["root told of changing", "changing update"]


def test_other_roots_are_not_told(root, kinds, calls):
    other = root.environment.add_root("mycomponent", root.host)
    other.prepare()
    other.component += kinds.all("other")
    root.component += kinds.plain("changing", needs=True)
    root.component.deploy()

    assert calls == ["changing update"]


def test_components_added_later_are_told(root, kinds, calls):
    root.component += kinds.plain("changing", needs=True)
    root.component.deploy()
    root.component += kinds.all("late")
    root.component.deploy()

    assert calls == ["changing update", "late told of changing", "changing update"]


def test_an_unknown_scope_is_an_error_once_it_matters(root, kinds):
    class Wrong(Component):
        @handle_event("before-update", "siblings")
        def told(self, source):
            pass

    root.component += Wrong()
    root.component.deploy()
    root.component += kinds.plain("changing", needs=True)
    with pytest.raises(ValueError, match=r"unknown event scope 'siblings', expected \* or pre"):
        root.component.deploy()


def test_another_event_is_never_received(root, kinds, calls):
    class Other(Component):
        @handle_event("after-update", "*")
        def told(self, source):
            calls.append("told")

    root.component += Other()
    root.component += kinds.plain("changing", needs=True)
    root.component.deploy()

    assert calls == ["changing update"]


def test_handlers_are_inherited_and_can_be_replaced(root, kinds, calls):
    class Inheriting(kinds.all):
        pass

    class Replacing(kinds.all):
        def told(self, source):
            calls.append("not an event handler any more")

    root.component += Inheriting("a")
    root.component += Replacing("b")
    root.component += kinds.plain("changing", needs=True)
    root.component.deploy()

    assert calls == ["a told of changing", "changing update"]


def test_a_handler_that_fails_is_named(root, kinds):
    from batou.component.apply import failed_component

    class Failing(Component):
        @handle_event("before-update", "*")
        def told(self, source):
            raise ValueError

    failing = Failing()
    root.component += failing
    root.component += kinds.plain("changing", needs=True)
    with pytest.raises(ValueError) as caught:
        root.component.deploy()

    assert failed_component(caught.value) == (failing, "before-update")


def test_finding_handlers_runs_no_property(root, kinds, calls):
    class Curious(Component):
        @property
        def expensive(self):
            calls.append("property")

    root.component += Curious()
    root.component += kinds.plain("changing", needs=True)
    root.component.deploy()

    assert calls == ["changing update"]


def test_scopes_can_be_checked(root, kinds):
    first, second = kinds.plain("first"), kinds.plain("second")
    root.component += first
    root.component += second

    assert check_event_scope("*", second, first)
    assert check_event_scope("precursor", first, second)
    assert not check_event_scope("precursor", second, first)
    assert not check_event_scope("precursor", first, first)
    with pytest.raises(ValueError, match="unknown event scope"):
        check_event_scope("nope", first, second)


def test_a_thousand_updates_in_one_root_are_quick(root, kinds, calls):
    import time

    for number in range(1000):
        root.component += kinds.plain(str(number), needs=True)
    root.component += kinds.precursor("last")
    start = time.monotonic()
    root.component.deploy()

    assert len(calls) == 2000
    assert time.monotonic() - start < 5
