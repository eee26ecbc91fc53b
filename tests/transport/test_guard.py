"""What gets through from a host to execnet."""

import io
import struct

import pytest
from execnet.gateway_base import dumps_internal, loads_internal
from hypothesis import given
from hypothesis import strategies as st

from batou.transport.complaints import Complaints
from batou.transport.guard import LARGEST, Guarded


class Program:
    """Says what it was given, and ends."""

    execmodel = None

    def __init__(self, said):
        self.complaints = Complaints()
        self.is_killed = False
        self._said = io.BytesIO(said)

    def read(self, count):
        data = self._said.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def kill(self):
        self.is_killed = True

    def close_write(self):
        pass


def message(code, data, channel=1):
    return struct.pack("!bii", code, channel, len(data)) + data


def guarded(*messages, begin=b"1", **kw):
    return Guarded(Program(begin + b"".join(messages)), **kw)


def heard(guard):
    """All messages (code, data) that get through."""
    found = []
    try:
        guard.read(1)
        while True:
            code, _, size = struct.unpack("!bii", guard.read(9))
            found.append((code, guard.read(size)))
    except EOFError:
        return found


def test_good_messages_get_through():
    data = dumps_internal({"say": "pong"})
    guard = guarded(message(4, data), message(5, b""))

    assert heard(guard) == [(4, data), (5, b"")]
    assert guard.fault == ""


@pytest.mark.parametrize(
    "bad, why",
    [
        (message(0, b""), "a message of kind 0"),
        (message(1, dumps_internal((True, True))), "a message of kind 1"),
        (message(3, b"import os"), "a message of kind 3"),
        (message(99, b""), "a message of kind 99"),
        (struct.pack("!bii", 4, 1, -1), "a message of -1 bytes"),
        (struct.pack("!bii", 4, 1, LARGEST + 1), f"a message of {LARGEST + 1} bytes"),
        (message(4, b"K\x7f\xff\xff\xffQ"), "cannot be read: it announces 2147483647 items"),
        (message(4, b"garbage"), "cannot be read"),
    ],
)
def test_bad_messages_end_the_line(bad, why):
    good = message(4, dumps_internal(None))
    guard = guarded(good, bad, good)

    assert len(heard(guard)) == 1
    assert why in guard.fault


def test_who_says_too_much_in_all_is_not_listened_to():
    guard = guarded(*[message(4, dumps_internal("x" * 100))] * 50, most=1000)

    assert len(heard(guard)) == 8
    assert guard.fault == "it sent more than is taken over one line"


def test_an_error_of_the_far_side_is_kept_and_not_given_to_execnet_that_would_print_it():
    guard = guarded(message(6, dumps_internal("Traceback\nOSError: no")))

    assert [code for code, _ in heard(guard)] == [5]
    assert guard.last_words == "Traceback\nOSError: no"


def test_what_a_login_prints_is_told():
    guard = guarded(begin=b"Welcome \x1b[2J!\n")

    assert guard.read(1) == b"W"
    assert guard.fault == "it prints something before Python starts"
    assert list(guard.complaints.said) == ["printed at login: Welcome \\x1b[2J!"]


@given(st.binary(max_size=500))
def test_whatever_comes_only_plain_values_get_through(data):
    for code, payload in heard(Guarded(Program(b"1" + data))):
        assert code in (2, 4, 5, 7)
        if code == 4:
            loads_internal(payload)
