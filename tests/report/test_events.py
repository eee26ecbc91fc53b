"""Events on the wire: a host is not trusted."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batou.report import events
from batou.report.events import (
    Failure,
    Finished,
    Heading,
    HostPhase,
    HostSummary,
    Line,
    Outcome,
    RootOutcome,
    Section,
    from_wire,
)

EXAMPLES = [
    Line("hello", ("bold", "red"), debug=True, host="web1"),
    Section("Deploying", ("bold",)),
    Heading("web1", "app", "App > File('x')", "missing"),
    Outcome("web1", "app", "App", "updated", "missing", 0.25),
    RootOutcome("web1", "app", "failed", "boom", 1.5),
    HostPhase("web1", "ship", "3 files", 1, 3),
    Failure("it broke", (("Host", "web1"),), "repair it", "ValueError", "warning", "Traceback"),
    HostSummary("web1", (("failed", 1),), ("app",), ("web",), "the line broke", 2.5),
    Finished(
        "deploy",
        *(True, 0, 12.5, (("updated", 3),), (("web1", "done"),)),
        (HostSummary("web1", (("updated", 3),)),),
    ),
]


def test_there_is_an_example_of_every_kind():
    assert {type(event) for event in EXAMPLES} == set(events.KINDS.values())


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_an_event_comes_back_from_the_wire_as_it_was(event):
    assert from_wire(event.to_wire()) == event


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_an_event_comes_back_with_lists_instead_of_tuples(event):
    def listed(value):
        return [listed(item) for item in value] if isinstance(value, tuple) else value

    wire = {key: listed(value) for key, value in event.to_wire().items()}

    assert from_wire(wire) == event


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_an_event_that_lacks_a_field_is_refused(event):
    for field in dataclasses.fields(event):
        wire = event.to_wire()
        del wire[field.name]

        with pytest.raises(ValueError, match=f"lacks the field '{field.name}'"):
            from_wire(wire)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.kind)
def test_a_field_of_another_type_is_refused(event):
    for field in dataclasses.fields(event):
        with pytest.raises(ValueError, match=field.name):
            from_wire({**event.to_wire(), field.name: object()})


@pytest.mark.parametrize(
    "wire, message",
    [
        ("text", "an event is a dictionary, got str"),
        (None, "got NoneType"),
        ({}, "unknown kind of event 'None'"),
        ({"event": "x" * 1000}, "unknown kind of event 'x{40}'"),
        ({**Line("x").to_wire(), "more": 1}, "event 'line' has no field 'more'"),
        ({**Line("x").to_wire(), "text": 1}, "is no str"),
        ({**Line("x").to_wire(), "debug": 1}, "is no bool"),
        ({**Line("x").to_wire(), "text": "x" * (events.MAX_TEXT + 1)}, "too large"),
        ({**Line("x").to_wire(), "styles": "bold"}, "is no short list"),
        ({**Line("x").to_wire(), "styles": ["x" * 1000]}, "items of another type"),
        ({**Line("x").to_wire(), "styles": [1]}, "items of another type"),
        ({**HostPhase("h", "p").to_wire(), "done": True}, "is no int"),
        ({**Failure("x").to_wire(), "rows": [("a",)]}, "items of another type"),
        ({**Failure("x").to_wire(), "rows": [("a", 1)]}, "items of another type"),
        ({**Failure("x").to_wire(), "rows": [("a", "b")] * 10_001}, "is no short list"),
        ({**Finished("d", True, 0, 1).to_wire(), "counts": [("a", "b")]}, "of another type"),
    ],
)
def test_what_is_no_event_is_refused(wire, message):
    with pytest.raises(ValueError, match=message):
        from_wire(wire)


def test_whole_seconds_are_accepted_as_a_float():
    wire = {**RootOutcome("h", "r", "updated").to_wire(), "seconds": 3}

    assert from_wire(wire) == RootOutcome("h", "r", "updated", seconds=3)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children),
    max_leaves=5,
)
fields = st.dictionaries(
    st.sampled_from(["event", "text", "styles", "debug", "host", "rows", "title", "seconds"]),
    anything | st.sampled_from(sorted(events.KINDS)),
)


@given(anything | fields)
def test_whatever_arrives_is_an_event_or_a_value_error(wire):
    try:
        event = from_wire(wire)
    except ValueError:
        return
    assert type(event) in events.KINDS.values()
