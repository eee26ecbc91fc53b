"""What is written down about a run, and what the next one makes of it."""

import json
import os
import stat

import pytest

from batou.agent.journal import EVERYTHING, LARGEST, History, Journal, JournalFailed, line_of


def history(*events, boot="b1"):
    return History.of([line_of(event) for event in events], boot)


def run(boot="b1"):
    return {"event": "run", "boot": boot}


def changed(root, component):
    return {"event": "changed", "root": root, "component": component}


def ended(root, event="done"):
    return {"event": event, "root": root}


def test_a_root_that_is_done_owes_nothing():
    assert history(run(), changed("app", "A"), ended("app")).owed == {}


@pytest.mark.parametrize("end", [[], [ended("app", "failed")], [ended("app", "interrupted")]])
def test_a_root_that_is_not_done_owes_what_changed(end):
    assert history(run(), changed("app", "A"), *end).owed == {"app": {"A"}}


def test_what_is_owed_adds_up_until_the_root_is_done():
    before = [run(), changed("app", "A"), run(), changed("app", "B"), ended("app", "failed")]

    assert history(*before).owed == {"app": {"A", "B"}}
    assert history(*before, run(), ended("app")).owed == {}


def test_other_roots_are_not_concerned():
    events = [run(), changed("app", "A"), changed("db", "D"), ended("db"), {"event": "settled"}]

    assert history(*events).owed == {"app": {"A"}}


def test_after_a_power_loss_everything_of_the_root_in_hand_counts_as_changed():
    events = [run("b1"), changed("db", "D"), ended("db", "failed"), changed("app", "A")]

    assert history(*events, boot="b2").owed == {"db": {"D"}, "app": {"A", EVERYTHING}}


def test_lines_that_are_damaged_are_left_out():
    lines = [
        line_of(run()),
        "{",
        "[]\n",
        "[" * 100_000,
        line_of(changed("app", "A")),
        '{"event": "do',
    ]

    assert History.of(lines).owed == {"app": {"A"}}


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / ".batou/journal")


def events(path):
    with open(path) as file:
        return [json.loads(line)["event"] for line in file]


def test_a_run_is_written_down_and_only_its_owner_may_read_it(path):
    journal = Journal(path)

    journal.begin(["app"], host="web")
    journal.root_begins("app")
    journal.changes("app", "A")
    journal.root_ends("app", "done")
    journal.end()

    assert events(path) == ["run", "root", "changed", "done", "settled"]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert Journal(path).read().run["host"] == "web"
    assert Journal(path).read().is_settled


def test_a_run_with_a_failed_root_is_not_settled(path):
    journal = Journal(path)

    journal.begin(["app"])
    journal.root_begins("app")
    journal.root_ends("app", "failed")
    journal.end()

    assert not Journal(path).read().is_settled


def test_a_line_that_was_cut_off_does_not_spoil_the_next(path):
    Journal(path).begin(["app"])
    with open(path, "a") as file:
        file.write('{"event": "chan')

    journal = Journal(path)
    journal.begin(["app"])
    journal.changes("app", "A")

    assert journal.read().owed == {"app": {"A"}}


def test_a_journal_stays_small_and_keeps_what_counts(path):
    for number in range(4):
        journal = Journal(path)
        journal.begin(["app"])
        for component in range(1000):
            journal.changes("app", f"component {component} with a name of some length")
        if number == 1:
            journal.changes("gone", "of a root that is not on this host any more")

    journal = Journal(path)
    journal.begin(["app"])

    assert len(journal.read().owed["app"]) == 1000
    assert "gone" not in journal.read().owed
    assert os.path.getsize(path) < 3 * LARGEST
    assert os.listdir(os.path.dirname(path)) == ["journal"]


def test_a_very_long_name_makes_no_very_long_line():
    assert len(line_of(changed("app", "x" * 100_000))) < 5000


def test_a_link_where_the_journal_should_be_is_not_followed(path, tmp_path):
    os.mkdir(os.path.dirname(path))
    (tmp_path / "elsewhere").write_text("")
    os.symlink(tmp_path / "elsewhere", path)

    with pytest.raises(JournalFailed, match="cannot be written"):
        Journal(path).begin(["app"])

    assert (tmp_path / "elsewhere").read_text() == ""


def test_nothing_is_written_before_a_run_begins(path):
    journal = Journal(path)

    journal.root_begins("app")
    journal.changes("app", "A")
    journal.end()

    assert not os.path.exists(path)
