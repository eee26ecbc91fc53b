"""A host that has stopped is noticed; one that is busy is left alone."""

import os
import queue
import signal

import pytest

from batou.testing.wait import wait_until
from batou.transport.command import Reach
from batou.transport.execnet import open_line
from batou.transport.watchdog import DEFAULT, Stalled, stall_timeout

LIMIT = 5.0


@pytest.fixture
def line(monkeypatch):
    monkeypatch.setenv("BATOU_STALL_TIMEOUT", str(LIMIT))
    line, facts = open_line("here", Reach("local", "here"))
    yield line, facts["pid"]
    line.close()


def test_a_stopped_process_is_noticed_while_somebody_waits_for_its_answer(line):
    line, pid = line
    os.kill(pid, signal.SIGSTOP)

    with pytest.raises(Stalled, match="host 'here' stalled: nothing came for 5 s"):
        line.receive(60)


def test_a_stopped_process_is_noticed_while_its_line_is_full(line):
    line, pid = line
    os.kill(pid, signal.SIGSTOP)

    with pytest.raises(OSError):
        for _ in range(100):
            line.send({"do": "objects", "objects": [("", b"x" * 1_000_000, False)]})


def test_a_stopped_process_is_noticed_while_its_events_are_awaited(line):
    line, pid = line
    inbox = queue.Queue()
    line.listen(inbox)
    os.kill(pid, signal.SIGSTOP)

    arrival = inbox.get(timeout=60)

    assert arrival.closed
    assert isinstance(arrival.error, Stalled)


def test_a_process_that_only_has_nothing_to_say_is_left_alone(line):
    line, _ = line
    heard = []
    line._watch._ping, ping = lambda: (heard.append(1), ping()), line._watch._ping

    wait_until(lambda: len(heard) > 6, "pings went on for longer than the limit", seconds=60)

    assert not line._watch.is_stalled


@pytest.mark.parametrize(
    "text, seconds", [("5", 5.0), ("0.5", 0.5), ("", DEFAULT), ("soon", DEFAULT), ("-1", DEFAULT)]
)
def test_the_limit_is_a_positive_number_of_seconds(text, seconds):
    assert stall_timeout({"BATOU_STALL_TIMEOUT": text}) == seconds
