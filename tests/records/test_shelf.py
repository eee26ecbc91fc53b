"""Which records there are, which is meant, which go."""

from datetime import datetime, timedelta, timezone

import pytest

from batou.records.errors import NoRuns, UnknownRun
from batou.records.recorder import Recorder
from batou.records.shelf import find, page_path, prune, runs

MOMENT = datetime(2026, 3, 1, 12, 30, 5, tzinfo=timezone.utc)


@pytest.fixture
def record(tmp_path):
    """Makes records, one a minute, and returns the path of their directory."""
    clock = iter(range(1000))

    def make(*environments):
        for environment in environments:
            moment = MOMENT + timedelta(minutes=next(clock))
            with Recorder(environment, "deploy", print, str(tmp_path), lambda: moment):  # noqa: B023
                pass
        return str(tmp_path)

    return make


def test_without_a_name_it_is_the_last_run(record):
    assert find(None, record("prod", "test")).number == 2


@pytest.mark.parametrize(
    ("wanted", "number"),
    [("2", 2), ("0002", 2), ("20260301T1231", 2), ("20260301T123105Z-0002", 2), ("prod", 3)],
)
def test_a_run_is_found_by_number_name_and_environment(record, wanted, number):
    assert find(wanted, record("prod", "test", "prod", "test")).number == number


def test_no_record_at_all_is_an_error(tmp_path):
    with pytest.raises(NoRuns, match="there is no record of any run"):
        find(None, str(tmp_path / "nowhere"))


def test_an_unknown_run_is_an_error_that_offers_the_nearest(record):
    directory = record("production")

    with pytest.raises(UnknownRun) as caught:
        find("prodction", directory)

    assert caught.value.hint() == "did you mean 'production'?"


def test_what_fits_several_runs_is_an_error_that_lists_them(record):
    with pytest.raises(UnknownRun) as caught:
        find("20260301T12", record("prod", "test"))

    assert "20260301T123005Z-0001" in dict(caught.value.rows())["Runs"]


def test_the_oldest_of_an_environment_go_and_their_pages_with_them(record, tmp_path):
    directory = record("prod", "test", "prod", "prod")
    oldest = runs(directory)[0]
    with open(page_path(oldest), "w"):
        pass
    (tmp_path / "notes.txt").touch()
    (tmp_path / "20260301T000000Z-0009.jsonl").write_text("damaged")

    prune(directory, "prod", kept=2)

    assert [run.number for run in runs(directory)] == [2, 3, 4]
    assert sorted(path.name for path in tmp_path.glob("*.html")) == []
    assert (tmp_path / "notes.txt").exists()
