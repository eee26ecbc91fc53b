"""Records are written as things happen, and never stop a run."""

import json
import os
import stat
from datetime import datetime, timezone

import pytest

from batou.records.reading import Recorded, end_of, events_of, header_of
from batou.records.recorder import Recorder
from batou.records.shelf import runs
from batou.report.events import Failure, Finished, HostPhase, Line

MOMENT = datetime(2026, 3, 1, 12, 30, 5, tzinfo=timezone.utc)
END = Finished("deploy", True, 0, 1.5)


@pytest.fixture
def directory(tmp_path):
    return str(tmp_path / ".batou" / "runs")


def recorder(directory, told=None, **kw):
    return Recorder(
        "prod", "deploy", (told if told is not None else []).append, directory, lambda: MOMENT, **kw
    )


def test_a_record_is_private_and_tells_who_did_what(directory):
    with recorder(directory) as made:
        made.receive(Line("hello"))
        made.receive(END)

    [run] = runs(directory)
    header = header_of(run.path)
    assert (header.environment, header.action) == ("prod", "deploy")
    assert header.user
    assert run.name == "20260301T123005Z-0001"
    assert stat.S_IMODE(os.stat(run.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700
    assert [recorded.event for recorded in events_of(run.path)] == [Line("hello"), END]
    assert end_of(run.path) == END


def test_an_event_is_in_the_file_as_soon_as_it_is_received(directory):
    with recorder(directory) as made:
        made.receive(Line("hello"))

        [recorded] = events_of(made.path)
        assert recorded.event == Line("hello")
        assert end_of(made.path) is None


def test_nothing_is_recorded_before_the_run_begins(directory):
    made = recorder(directory)
    made.receive(Line("too early"))

    assert runs(directory) == []


def test_runs_of_one_second_are_in_order(directory):
    for _ in range(12):
        with recorder(directory):
            pass

    assert [run.number for run in runs(directory)] == list(range(1, 13))


def test_a_place_that_cannot_be_written_is_told_once(tmp_path):
    (tmp_path / "file").touch()
    told = []

    with recorder(str(tmp_path / "file" / "runs"), told) as made:
        made.receive(Line("hello"))
        made.receive(Line("hello"))

    [text] = told
    assert text.startswith("this run is not recorded in")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_is_told_once(directory):
    told = []
    with recorder(directory, told) as made:
        os.dup2(os.open("/dev/full", os.O_WRONLY), made._file.fileno())
        made.receive(Line("hello"))
        made.receive(Line("hello"))

    assert told == [f"this run is not recorded in {directory!r}: no space left on device"]


def test_a_run_that_tells_too_much_keeps_what_matters(directory):
    with recorder(directory, enough=2000, too_much=4000) as made:
        for number in range(100):
            made.receive(Line(f"{number} " + "x" * 50))
        for _ in range(30):
            made.receive(Failure("it broke " + "x" * 200))
        made.receive(END)

    events = [recorded.event for recorded in events_of(made.path)]
    assert os.path.getsize(made.path) < 5000
    assert any(isinstance(event, Line) and "cut" in event.text for event in events)
    assert any(isinstance(event, Failure) for event in events)
    assert events[-1] == END


def test_of_a_transfer_only_the_beginning_and_the_end_are_kept(directory):
    with recorder(directory) as made:
        for done in range(5):
            made.receive(HostPhase("web", "ship", "bytes", done, 4))

    assert [recorded.event.done for recorded in events_of(made.path)] == [0, 4]


def test_names_that_are_no_text_are_recorded_all_the_same(directory):
    with recorder(directory) as made:
        made.receive(Line("file \udcff"))

    with open(made.path, encoding="ascii") as file:
        assert json.loads(file.read().splitlines()[1])["text"] == "file \udcff"
    assert [recorded.event for recorded in events_of(made.path)] == [Line("file \udcff")]
    assert isinstance(next(events_of(made.path)), Recorded)
