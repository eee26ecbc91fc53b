"""How long things take."""

import re

import pytest

from batou.report.timing import Timer, format_duration


def test_steps_of_one_name_add_up():
    timer = Timer("tag")
    timer.durations["verify"] = 2.0

    with timer.step("verify"):
        pass

    assert timer.tag == "tag"
    assert timer.durations["verify"] > 2.0


def test_a_step_that_fails_counts_too():
    timer = Timer()

    with pytest.raises(KeyError), timer.step("update"):
        raise KeyError

    assert "update" in timer.durations


def test_total_is_reserved():
    with pytest.raises(ValueError, match="'total' is the sum of all steps"):
        with Timer().step("total"):
            pass


def test_steps_above_their_threshold_are_named():
    timer = Timer()
    timer.durations.update(verify=2.0, update=0.5)

    assert timer.above_threshold(verify=1, update=1, total=10, sub=0) == (True, ["verify"])
    assert timer.above_threshold(total=2.4) == (True, ["total"])
    assert timer.above_threshold(update=1) == (False, [])


def test_durations_are_shown_for_people():
    timer = Timer()
    timer.durations.update(verify=2.0, update=61.7)

    assert timer.humanize("total", "verify", "update", "sub") == (
        "total=1m3s, verify=2.00s, update=1m1s, sub=∅"
    )


@pytest.mark.parametrize(
    "seconds, text",
    [
        (None, "∅"),
        (0, "0.00s"),
        (1.234, "1.23s"),
        (59.99, "59.99s"),
        (60, "1m0s"),
        (3725, "62m5s"),
    ],
)
def test_a_duration_is_formatted(seconds, text):
    assert format_duration(seconds) == text


def test_each_step_prints_a_debug_line(output):
    timer = Timer("File")
    with timer.step("verify"):
        pass
    output.enable_debug = True
    with timer.step("update"):
        pass

    assert re.fullmatch(r"File: update took \d\.\d\ds\n", output.backend.output)
