import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component
from batou.errors import UpdateNeeded
from batou.lib.file import Directory, Presence

Add = Callable[[Component], Any]
Deploy = Callable[..., Any]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# Presence


def test_a_missing_file_is_made_empty(deploy: Deploy, workdir: Path) -> None:
    assert deploy(Presence("f")).changed

    assert (workdir / "f").read_bytes() == b""


def test_a_file_that_is_there_keeps_its_content(deploy: Deploy, workdir: Path) -> None:
    (workdir / "f").write_text("content")

    assert not deploy(Presence("f")).changed

    assert (workdir / "f").read_text() == "content"


def test_the_umask_decides_on_the_mode_of_a_new_file(deploy: Deploy, workdir: Path) -> None:
    before = os.umask(0o037)

    try:
        deploy(Presence("f"))
    finally:
        os.umask(before)

    assert mode_of(workdir / "f") == 0o640


def test_missing_parents_are_made_only_if_wanted(deploy: Deploy, workdir: Path) -> None:
    with pytest.raises(FileNotFoundError):
        deploy(Presence("a/b/f"))

    deploy(Presence("a/b/f", leading=True))

    assert (workdir / "a/b/f").is_file()


def test_a_link_to_a_file_will_do(deploy: Deploy, workdir: Path) -> None:
    (workdir / "real").touch()
    (workdir / "f").symlink_to("real")

    assert not deploy(Presence("f")).changed

    assert (workdir / "f").is_symlink()


@pytest.mark.parametrize("destination", ["nowhere", "."])
def test_a_link_to_anything_else_is_replaced(
    deploy: Deploy, workdir: Path, destination: str
) -> None:
    (workdir / "f").symlink_to(destination)

    deploy(Presence("f"))

    assert not (workdir / "f").is_symlink()
    assert (workdir / "f").is_file()


def test_a_directory_is_replaced_with_all_it_contains(deploy: Deploy, workdir: Path) -> None:
    (workdir / "f/sub").mkdir(parents=True)
    (workdir / "f/sub/x").touch()

    deploy(Presence("f"))

    assert (workdir / "f").is_file()
    assert os.listdir(workdir) == ["f"]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "missing"),
        (lambda path: path.mkdir(), "is an empty directory, wanted a file"),
        (
            lambda path: (path / "x").mkdir(parents=True),
            "is a directory, wanted a file; its 1 entry will be removed",
        ),
        (lambda path: path.symlink_to("no"), "is a link to 'no', wanted a file"),
        (lambda path: os.mkfifo(path), "is a pipe, wanted a file"),
    ],
)
def test_the_reason_says_what_is_lost(
    add: Add, workdir: Path, make: Callable[[Path], object], reason: str
) -> None:
    presence = add(Presence("f"))
    make(workdir / "f")

    with pytest.raises(UpdateNeeded) as raised:
        presence.verify()

    assert str(raised.value) == reason


def test_presence_knows_when_the_file_was_updated(deploy: Deploy, workdir: Path) -> None:
    presence = deploy(Presence("f"))

    assert presence.last_updated() == (workdir / "f").stat().st_mtime
    assert presence.last_updated(key="st_ctime") == (workdir / "f").stat().st_ctime


def test_presence_of_a_missing_file_was_never_updated(add: Add) -> None:
    assert add(Presence("f")).last_updated() is None


def test_the_original_path_is_kept(add: Add, workdir: Path) -> None:
    presence = add(Presence("a/f"))

    assert (presence.original_path, presence.path) == ("a/f", str(workdir / "a/f"))


def test_the_breadcrumb_of_a_path_that_stands_alone_is_not_shortened(add: Add) -> None:
    assert add(Presence("a/f"))._breadcrumb == "Presence('work/mycomponent/a/f')"


# Directory


def test_a_missing_directory_is_made(deploy: Deploy, workdir: Path) -> None:
    assert deploy(Directory("d")).changed

    assert (workdir / "d").is_dir()


def test_a_directory_that_is_there_is_left_alone(deploy: Deploy, workdir: Path) -> None:
    (workdir / "d").mkdir()
    (workdir / "d/f").touch()

    assert not deploy(Directory("d")).changed

    assert (workdir / "d/f").exists()


def test_a_link_to_a_directory_will_do(deploy: Deploy, workdir: Path) -> None:
    (workdir / "real").mkdir()
    (workdir / "d").symlink_to("real")

    assert not deploy(Directory("d")).changed


def test_a_file_is_replaced_by_a_directory(deploy: Deploy, workdir: Path) -> None:
    (workdir / "d").touch()

    deploy(Directory("d"))

    assert (workdir / "d").is_dir()


def test_parents_of_a_directory_are_made_only_if_wanted(deploy: Deploy, workdir: Path) -> None:
    with pytest.raises(FileNotFoundError):
        deploy(Directory("a/b"))

    deploy(Directory("a/b", leading=True))

    assert (workdir / "a/b").is_dir()


def test_a_directory_with_source_and_parents_is_complete_after_the_first_deployment(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    (defdir / "tree").mkdir()
    (defdir / "tree/f").write_text("x")

    deploy(Directory("a/b/c", source="tree", leading=True))

    assert (workdir / "a/b/c/f").read_text() == "x"


def test_a_directory_hands_its_options_to_the_sync(
    add: Add, deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    (defdir / "tree").mkdir()
    (defdir / "tree/f").write_text("x")
    (defdir / "tree/f.pyc").write_text("x")
    (workdir / "d").mkdir()
    (workdir / "d/old").touch()

    deploy(
        Directory(
            "d",
            source="tree",
            exclude=("*.pyc",),
            verify_opts="-rclnv --delete",
            sync_opts="-rl --delete",
        )
    )

    assert os.listdir(workdir / "d") == ["f"]


def test_a_directory_was_updated_with_its_newest_file(deploy: Deploy, workdir: Path) -> None:
    directory = deploy(Directory("d"))
    (workdir / "d/sub").mkdir()
    for name, stamp in (("old", 1000), ("sub/new", 3000), ("middle", 2000)):
        (workdir / "d" / name).touch()
        os.utime(workdir / "d" / name, (stamp, stamp))

    assert directory.last_updated() == 3000


def test_an_empty_or_missing_directory_was_updated_at_the_epoch(add: Add, workdir: Path) -> None:
    (workdir / "empty").mkdir()

    assert add(Directory("empty")).last_updated() == 0
    assert add(Directory("missing")).last_updated() == 0


def test_predicting_makes_neither_file_nor_directory(deploy: Deploy, workdir: Path) -> None:
    assert deploy(Presence("a/f", leading=True), predict_only=True).changed
    assert deploy(Directory("a/d", leading=True), predict_only=True).changed

    assert os.listdir(workdir) == []
