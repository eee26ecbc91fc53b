"""What the controller keeps, and for how long."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

from batou.bundle.cache import KEEP, YOUNG, Cache

LATER = 10 * YOUNG


@pytest.fixture
def place(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def cache(place):
    return Cache(str(place))


def fill(directory):
    Path(directory, "file").write_text("content")


def test_a_directory_is_made_once(cache, place):
    made = []

    for _ in range(2):
        path = cache.directory("wheels", "a", lambda directory: made.append(fill(directory)))

    assert made == [None]
    assert Path(path, "file").read_text() == "content"
    assert os.listdir(place / "wheels") == ["a"]


def test_threads_that_want_the_same_make_it_once(cache):
    made, found = [], []

    def make(directory):
        made.append(directory)
        fill(directory)

    threads = [
        threading.Thread(target=lambda: found.append(cache.directory("wheels", "a", make)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 1
    assert len(set(found)) == 1


def test_what_another_process_has_made_meanwhile_is_taken(cache, place):
    def make(directory):
        fill(directory)
        (place / "wheels/a").mkdir()
        (place / "wheels/a/file").write_text("theirs")

    path = cache.directory("wheels", "a", make)

    assert Path(path, "file").read_text() == "theirs"
    assert os.listdir(place / "wheels") == ["a"]


def test_what_could_not_be_made_leaves_nothing(cache, place):
    def fail(directory):
        fill(directory)
        raise ValueError

    with pytest.raises(ValueError):
        cache.directory("wheels", "a", fail)

    assert os.listdir(place / "wheels") == []


def test_a_text_is_made_once(place):
    made = Cache(str(place)).text("wanted", "a", lambda: "first")

    assert Cache(str(place)).text("wanted", "a", lambda: "second") == made == "first"


def run(place, label, *names):
    """A run of environment *label* that uses *names*."""
    cache = Cache(str(place))
    for name in names:
        cache.directory("wheels", name, fill)
    cache.remember(label)
    return cache


def collect(place, *labels):
    return Cache(str(place)).collect_garbage(labels, time.time() + LATER)


def test_what_the_last_runs_have_used_is_kept(place):
    for name in "abcd":
        run(place, "prod", name)

    gone = collect(place, "prod")

    assert gone == ["wheels/a", "wheels/b"]
    assert sorted(os.listdir(place / "wheels")) == ["c", "d"]


def test_each_environment_has_its_last_runs(place):
    run(place, "prod", "a")
    for name in "bcd":
        run(place, "test", name)

    collect(place, "prod", "test")

    assert sorted(os.listdir(place / "wheels")) == ["a", "c", "d"]


def test_equal_runs_count_once(place):
    run(place, "prod", "old")
    for _ in range(KEEP + 2):
        run(place, "prod", "new")

    assert collect(place, "prod") == []


def test_what_an_environment_used_that_is_gone_goes(place):
    run(place, "prod", "a")
    run(place, "gone", "b")

    assert collect(place, "prod") == ["wheels/b"]


def test_what_is_young_is_kept(place):
    run(place, "prod")
    run(place, "gone", "a")

    assert Cache(str(place)).collect_garbage(["prod"]) == []


def test_leftovers_of_processes_that_were_ended_go(place):
    run(place, "prod", "a")
    (place / "wheels/.1-0.new").mkdir()
    (place / "revisions").mkdir()
    (place / "revisions/.2-0.new").write_text("")

    gone = collect(place, "prod")

    assert gone == ["revisions/.2-0.new", "wheels/.1-0.new"]
    assert os.listdir(place / "wheels") == ["a"]
    assert os.listdir(place / "revisions") == []


def test_what_this_run_uses_is_kept(place):
    cache = Cache(str(place))
    cache.directory("wheels", "a", fill)

    assert cache.collect_garbage(["prod"], time.time() + LATER) == []


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_broken_memories_are_written_anew(place, content):
    place.mkdir()
    (place / "used.json").write_text(content)

    run(place, "prod", "a")

    assert json.loads((place / "used.json").read_text()) == {"prod": [["wheels/a"]]}


def test_an_empty_cache_is_collected(place):
    assert collect(place, "prod") == []
