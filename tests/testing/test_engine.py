"""Find the container engine, and do things side by side."""

import threading

import pytest

from batou.testing.engine import Engine, at_once, find_engine
from batou.testing.errors import EngineFailed, NoEngine


def test_the_engine_that_answers_is_found(fake_engine):
    assert find_engine() == Engine("fake")


def test_without_an_engine_it_is_told_what_each_said(fake_engine, monkeypatch):
    script = fake_engine / "fake"
    script.write_text("""#!/bin/sh\necho '{"ServerErrors": ["Is the daemon running?"]}'\n""")

    with pytest.raises(NoEngine) as caught:
        find_engine()

    assert caught.value.rows() == [("fake", "Is the daemon running?")]
    assert "install docker or podman" in caught.value.hint()


def test_an_engine_that_is_not_installed_says_so():
    with pytest.raises(NoEngine) as caught:
        find_engine({"BATOU_ENGINE": "no-such-engine"})

    assert caught.value.rows() == [("no-such-engine", "is not installed")]


def test_what_the_engine_refuses_is_told_in_its_words(fake_engine):
    with pytest.raises(EngineFailed) as caught:
        Engine("fake").call("pull", "x")

    assert caught.value.summary() == "the container engine cannot do 'fake pull x'"
    assert caught.value.rows() == [("Said", "no registry here")]


def test_calls_run_side_by_side_and_answer_in_order():
    barrier = threading.Barrier(2, timeout=60)

    def call(answer):
        barrier.wait()
        return answer

    assert at_once([lambda: call(1), lambda: call(2)]) == [1, 2]


def test_the_first_failure_is_raised_when_all_have_ended():
    done = threading.Event()

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        at_once([fail, done.set])
    assert done.is_set()
