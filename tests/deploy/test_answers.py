"""A host is not trusted: whatever it says, the controller stays whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batou.component.apply import Outcome
from batou.deploy.answers import (
    FarFailure,
    check_python,
    checked_event,
    checked_events,
    checked_outcome,
    failures_of,
    without_escapes,
)
from batou.report.events import KINDS, Failure, Finished, HostPhase, HostSummary, Line
from batou.transport.ship import ShippingFailed

WIRE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_terminal_escapes_are_removed_from_events():
    event = checked_event("web", Line("\x1b]0;owned\x07\x1b[2Jhello\tyou").to_wire())

    assert isinstance(event, Line)
    assert event.text == "hello\tyou"


def test_an_event_is_attributed_to_the_line_it_came_over_not_to_what_it_says():
    event = checked_event("web", Line("hi", host="db").to_wire())

    assert event.host == "web"


@pytest.mark.parametrize(
    "event", [HostPhase("web", "done"), HostSummary("web"), Finished("deploy", True, 0, 1.0)]
)
def test_a_host_cannot_tell_how_the_run_goes(event):
    heard = checked_event("web", event.to_wire())

    assert isinstance(heard, Line)
    assert "is not for hosts to tell" in heard.text


def test_an_unknown_outcome_is_a_failure():
    assert checked_outcome({"root": "app", "outcome": "splendid"}) == ("app", Outcome.FAILED)


def test_an_error_keeps_its_words_and_its_place_among_others():
    wire = {**Failure("no space", (("Where", "x:1"),), "make room").to_wire(), "order": 3}

    (error,) = failures_of("web", {"failures": [wire]})

    assert error.summary() == "no space"
    assert error.rows() == [("Where", "x:1")]
    assert error.hint() == "make room"
    assert error.sort_key[0] == 3
    assert error.affected_hostname == "web"


def test_a_lost_line_names_the_host_and_the_last_words():
    error = FarFailure.lost("web", "before it was configured", EOFError("bla\nno route to host"))

    assert error.summary() == "the line to host 'web' broke before it was configured"
    assert ("Cause", "no route to host") in error.rows()


@given(WIRE)
def test_garbage_for_an_event_becomes_a_line_that_names_the_host(wire):
    event = checked_event("web", wire)

    assert isinstance(event, Line)
    assert event.text.startswith("web: sent something")


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.text(), WIRE))
def test_events_with_wrong_fields_never_raise(kind, fields):
    checked_event("web", {"event": kind, **fields})


@given(st.dictionaries(st.text(), WIRE) | st.fixed_dictionaries({"failures": WIRE}))
def test_garbage_for_failures_never_raises(message):
    for error in failures_of("web", message):
        assert error.summary()


@given(WIRE)
def test_garbage_for_a_batch_never_raises(wire):
    checked_events("web", {"events": wire})


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text):
    assert not any(ord(char) < 32 and char not in "\t\n" for char in without_escapes(text))


@pytest.mark.parametrize("version", [[3, 8, 18], [3, 9, 0], [2, 7, 18], [3], []])
def test_a_python_that_is_too_old_is_told(version):
    with pytest.raises(ShippingFailed, match="python3\\) is too old"):
        check_python("web", {"python": version, "executable": "/usr/bin/python3"})


def test_other_pythons_are_good():
    check_python("web", {"python": [3, 10, 0]})
    check_python("web", {"python": [4, 0, 0]})
