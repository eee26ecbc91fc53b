"""Values from hosts are read strictly, and as execnet reads them."""

import pickle
import struct

import pytest
from execnet.gateway_base import dumps_internal, loads_internal
from hypothesis import given
from hypothesis import strategies as st

from batou.transport.decoding import DEEPEST, Unreadable, decoded

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 10**30)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text() | st.integers(-9, 9), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_what_execnet_writes_is_read(value):
    assert decoded(dumps_internal(value)) == value


@given(st.binary(max_size=300))
def test_garbage_is_unreadable_and_nothing_else(data):
    try:
        decoded(data)
    except Unreadable:
        pass


@given(PLAIN, st.data())
def test_what_is_readable_although_it_was_damaged_execnet_reads_the_same_way(value, data):
    raw = bytearray(dumps_internal(value))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    try:
        ours = decoded(bytes(raw))
    except Unreadable:
        return

    assert repr(loads_internal(bytes(raw), strconfig=(False, False))) == repr(ours)


def nested(levels):
    value = None
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"LL",
        b"Q",
        b"LLQ",
        b"K\x7f\xff\xff\xffQ",
        b"K\xff\xff\xff\xffQ",
        b"@\x00\x00\x00\x05Q",
        b"B\x00\x00\x00\x01Q",
        b"N\x00\x00\x00\x02\xff\xfeQ",
        b"N\xff\xff\xff\xffQ",
        b"I\x00\x00\x13\x88" + b"9" * 5000 + b"Q",
        b"I\x00\x00\x00\x01xQ",
        b"JK\x00\x00\x00\x00LPQ",
        b"K\x00\x00\x00\x01F\x00\x00\x00\x05LPQ",
        b"T" + bytes(16) + b"Q",
        b"\x80\x04.",
        dumps_internal({1, 2}),
        dumps_internal(frozenset()),
        dumps_internal(1j),
        dumps_internal(nested(DEEPEST + 2)),
        b"K\0\0\0\1F\0\0\0\0" * 100_000 + b"L" + b"P" * 100_000 + b"Q",
        struct.pack("!ci", b"A", 2**31 - 1),
        pickle.dumps("x"),
    ],
    ids=range(23),
)
def test_what_a_hostile_host_may_write_is_unreadable(raw):
    with pytest.raises(Unreadable):
        decoded(raw)
