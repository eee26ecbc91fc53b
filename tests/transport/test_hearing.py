"""What a host may say, and when."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batou.transport.hearing import DIALOGUE, RUN, fault_of

FACTS = {"say": "facts", "python": [3, 11, 2], "user": "app", "home": "/"}


@pytest.mark.parametrize(
    "message",
    [
        FACTS,
        {"say": "lacks", "objects": []},
        {"say": "lacks", "objects": ["0" * 64]},
        {"say": "got", "bytes": 0},
        {"say": "unpacked", "changed": 1, "removed": 0},
        {"say": "refused", "why": "no", "expected": ""},
        {"say": "pong"},
    ],
    ids=lambda message: message["say"],
)
def test_good_answers_while_shipping(message):
    assert fault_of(message, DIALOGUE) == ""


@pytest.mark.parametrize(
    "message",
    [
        {"say": "events", "events": []},
        {"say": "configured", "failures": []},
        {"say": "begin", "root": "app"},
        {"say": "root", "root": "app", "outcome": "updated", "reason": "", "seconds": 0.1},
        {"say": "done"},
        {"say": "crashed", "failure": {}},
    ],
    ids=lambda message: message["say"],
)
def test_good_messages_of_the_agent(message):
    assert fault_of(message, RUN) == ""
    assert "unexpected kind" in fault_of(message, DIALOGUE)


@pytest.mark.parametrize(
    "message, why",
    [
        (None, "a NoneType instead of a message"),
        (pickle.dumps(print), "a bytes instead of a message"),
        ({}, "unexpected kind None"),
        ({1: 2}, "keys that are no text"),
        ({"say": ["facts"]}, "unexpected kind"),
        ({"say": "connected"}, "unexpected kind"),
        ({"say": "shipping", "done": 1, "total": 2}, "unexpected kind"),
        ({"say": "stderr", "text": "x"}, "unexpected kind"),
        ({"say": "\x1b[2J" * 100}, "unexpected kind '\\x1b[2J"),
        ({**FACTS, "user": None}, "without a good 'user'"),
        ({**FACTS, "python": "3.11"}, "without a good 'python'"),
        ({"say": "lacks"}, "without a good 'objects'"),
        ({"say": "lacks", "objects": [["a"]]}, "without a good 'objects'"),
        ({"say": "got", "bytes": -1}, "without a good 'bytes'"),
        ({"say": "got", "bytes": 1 << 70}, "without a good 'bytes'"),
        ({"say": "got", "bytes": True}, "without a good 'bytes'"),
        ({"say": "refused", "why": 1, "expected": ""}, "without a good 'why'"),
        ({"say": "pong", "more": "x" * (1 << 21)}, "a text of 2097152 characters"),
        ({"say": "pong", "more": [0] * 600_000}, "more than 500000 values"),
        ({"say": "pong", "more": [b"x"]}, "bytes where text belongs"),
    ],
    ids=range(20),
)
def test_everything_else_is_a_fault(message, why):
    assert why in fault_of(message, DIALOGUE)
    assert "\x1b" not in fault_of(message, DIALOGUE)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
WORDS = st.sampled_from([*DIALOGUE, *RUN]) | VALUES


@given(st.dictionaries(st.text() | st.just("say"), VALUES, max_size=5), WORDS)
def test_any_message_is_judged(message, word):
    for kinds in (DIALOGUE, RUN):
        assert isinstance(fault_of({**message, "say": word}, kinds), str)
