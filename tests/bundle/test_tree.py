"""Files as entries of a manifest, and what is remembered of them."""

import os
import threading
import time
from pathlib import Path

import pytest

from batou.agent.stage0 import CHUNK
from batou.bundle.errors import FileChanged
from batou.bundle.manifest import Entry, Manifest
from batou.bundle.tree import Digests, entries_of, entry_of, hash_chunks, objection, walk

LATER = 10_000_000_000  # nanoseconds


def entries(directory, digests):
    return list(entries_of(str(directory), walk(str(directory)), digests))


@pytest.fixture
def tree(tmp_path):
    directory = tmp_path / "tree"
    directory.mkdir()
    return directory


@pytest.fixture
def saved(tmp_path):
    return str(tmp_path / "cache/digests.json")


def test_what_was_hashed_once_is_not_read_again(tree, saved):
    data = os.urandom(25_000)
    for number in range(2000):
        (tree / f"{number}").write_bytes(data + str(number).encode())
    first, now = Digests(saved), time.time_ns() + LATER
    before = entries(tree, first)
    first.save(now)

    second = Digests(saved)
    after = entries(tree, second)

    assert first.read > 50_000_000
    assert second.read == 0
    assert after == before


def test_within_one_run_a_file_is_read_once(tree):
    (tree / "a").write_text("1")
    digests = Digests()

    entries(tree, digests)
    entries(tree, digests)

    assert digests.read == 1


def test_a_changed_file_of_the_same_size_is_hashed_again(tree, saved):
    (tree / "a").write_text("one")
    first = Digests(saved)
    before = entries(tree, first)
    first.save(time.time_ns() + LATER)
    (tree / "a").write_text("two")

    assert entries(tree, Digests(saved)) != before


def test_a_changed_file_whose_time_was_set_back_is_hashed_again(tree, saved):
    (tree / "a").write_text("one")
    os.utime(tree / "a", (1, 1))
    first = Digests(saved)
    before = entries(tree, first)
    first.save(time.time_ns() + LATER)
    (tree / "a").write_text("two")
    os.utime(tree / "a", (1, 1))

    assert entries(tree, Digests(saved)) != before


def test_a_file_that_was_just_written_is_not_remembered(tree, saved):
    (tree / "a").write_text("one")
    first = Digests(saved)
    entries(tree, first)
    first.save()

    second = Digests(saved)
    entries(tree, second)

    assert second.read == 3


def test_what_another_run_has_hashed_stays_known(tree, saved):
    for name in ("a", "b"):
        (tree / name).write_text(name)
        digests = Digests(saved)
        entry_of(str(tree), name, digests)
        digests.save(time.time_ns() + LATER)

    both = Digests(saved)
    entries(tree, both)

    assert both.read == 0


def test_what_is_gone_is_forgotten(tree, saved):
    (tree / "a").write_text("a")
    first = Digests(saved)
    entries(tree, first)
    first.save(time.time_ns() + LATER)
    (tree / "a").unlink()

    Digests(saved).save()

    assert str(tree / "a") not in Path(saved).read_text()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 3, "files": 3}', '{"a": [[1], []]}']
)
def test_a_broken_memory_is_ignored(tree, saved, content):
    os.makedirs(os.path.dirname(saved))
    with open(saved, "w") as file:
        file.write(content)
    (tree / "a").write_text("1")

    found = entries(tree, Digests(saved))

    assert [entry.path for entry in found] == ["a"]


def test_threads_may_share_what_is_remembered(tree, saved):
    for number in range(200):
        (tree / f"{number}").write_text(str(number))
    digests, results = Digests(saved), []

    def work():
        results.append(Manifest.of(entries(tree, digests)).digest)
        digests.save(time.time_ns() + LATER)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(results)) == 1
    assert len(results) == 8


def test_the_whole_digest_of_a_large_file_is_remembered(tree, saved):
    (tree / "a").write_bytes(bytes(CHUNK + 1))
    first, path = Digests(saved), str(tree / "a")
    whole = first.whole(path, os.stat(path))
    first.save(time.time_ns() + LATER)

    second = Digests(saved)

    assert second.whole(path, os.stat(path)) == whole
    assert second.read == 0
    assert first.read == 2 * (CHUNK + 1)


def test_of_a_mode_only_execution_counts(tree):
    for name, mode in (("a", 0o600), ("b", 0o664), ("c", 0o700), ("d", 0o755)):
        (tree / name).write_text("")
        (tree / name).chmod(mode)

    found = {entry.path: entry.mode for entry in entries(tree, Digests())}

    assert found == {"a": 0o644, "b": 0o644, "c": 0o755, "d": 0o755}


def test_what_is_neither_file_nor_link_has_no_entry(tree):
    os.mkfifo(tree / "pipe")

    assert entries(tree, Digests()) == []


def test_what_is_gone_has_no_entry(tree):
    (tree / "file").write_text("")

    found = [entry_of(str(tree), path, Digests()) for path in ("a", "file/b")]

    assert found == [None, None]


def test_bytes_that_are_appended_meanwhile_are_left_out(tree):
    (tree / "log").write_text("one two")
    (tree / "before").write_text("one")

    assert hash_chunks(str(tree / "log"), 3) == hash_chunks(str(tree / "before"), 3)


def test_a_file_that_shrinks_meanwhile_is_an_error(tree):
    (tree / "log").write_text("one")

    with pytest.raises(FileChanged, match="log"):
        hash_chunks(str(tree / "log"), 4)


@pytest.mark.parametrize(
    "entry, why",
    [
        (Entry("a"), ""),
        (Entry("b/a", link="../c"), ""),
        (Entry("a", link="/etc/passwd"), "leads to '/etc/passwd'"),
        (Entry("a", link="../b"), "leads out of the target"),
        (Entry(os.fsdecode(b"\xff")), r"b'\xff' is not UTF-8"),
    ],
)
def test_what_a_host_would_refuse_is_known_before(entry, why):
    assert why in objection(entry)
    assert bool(objection(entry)) == bool(why)


def test_walking_leaves_out_names_at_any_depth_and_paths(tree):
    for path in ("a/.git/x", "work/x", "b/work/y", "z"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text("")

    found = sorted(walk(str(tree), frozenset({".git"}), frozenset({"work"})))

    assert found == ["b/work/y", "z"]
