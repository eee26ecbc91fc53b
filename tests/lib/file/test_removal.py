import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component
from batou.errors import UpdateNeeded
from batou.lib.file import Purge, ensure_path_nonexistent

Add = Callable[[Component], Any]
Deploy = Callable[..., Any]
Unprivileged = Callable[[], AbstractContextManager[None]]


def make_tree(path: Path) -> None:
    (path / "a/b").mkdir(parents=True)
    (path / "a/b/f").touch()
    (path / "l").symlink_to("/")


@pytest.mark.parametrize(
    "make",
    [
        make_tree,
        lambda path: path.mkdir(),
        lambda path: path.touch(),
        lambda path: path.symlink_to("nowhere"),
        lambda path: os.mkfifo(path),
        lambda path: None,
    ],
)
def test_whatever_is_there_is_gone_afterwards(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "x")

    ensure_path_nonexistent(str(tmp_path / "x"))

    assert os.listdir(tmp_path) == []


def test_what_a_link_points_to_stays(tmp_path: Path) -> None:
    make_tree(tmp_path / "tree")
    (tmp_path / "x").symlink_to("tree")

    ensure_path_nonexistent(str(tmp_path / "x"))

    assert (tmp_path / "tree/a/b/f").exists()
    assert os.listdir(tmp_path) == ["tree"]


def test_a_path_below_a_file_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "f").touch()

    ensure_path_nonexistent(str(tmp_path / "f/x"))

    assert os.listdir(tmp_path) == ["f"]


def test_a_relative_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path / "x")
    monkeypatch.chdir(tmp_path)

    ensure_path_nonexistent("x")

    assert os.listdir(tmp_path) == []


def test_a_tree_with_closed_directories_is_removed(
    open_dir: Path, unprivileged: Unprivileged
) -> None:
    with unprivileged():
        make_tree(open_dir / "x")
        (open_dir / "x/a/b").chmod(0o500)
        (open_dir / "x/a").chmod(0o100)

        ensure_path_nonexistent(str(open_dir / "x"))

    assert os.listdir(open_dir) == []


def test_a_directory_that_cannot_be_moved_stays_whole(
    open_dir: Path, unprivileged: Unprivileged
) -> None:
    with unprivileged():
        (open_dir / "closed").mkdir()
        make_tree(open_dir / "closed/x")
        (open_dir / "closed").chmod(0o500)

        with pytest.raises(PermissionError):
            ensure_path_nonexistent(str(open_dir / "closed/x"))

        assert (open_dir / "closed/x/a/b/f").exists()
        assert os.listdir(open_dir / "closed") == ["x"]


# Purge


def test_everything_that_matches_is_removed(deploy: Deploy, workdir: Path) -> None:
    make_tree(workdir / "x-tree")
    (workdir / "x-file").touch()
    (workdir / "x-dangling").symlink_to("nowhere")
    make_tree(workdir / "kept")
    (workdir / "x-link").symlink_to("kept")
    (workdir / ".x-hidden").touch()

    assert deploy(Purge("*x-*")).changed

    assert sorted(os.listdir(workdir)) == [".x-hidden", "kept"]
    assert (workdir / "kept/a/b/f").exists()


def test_a_plain_path_is_removed(deploy: Deploy, workdir: Path) -> None:
    (workdir / "f").touch()

    deploy(Purge("f"))

    assert os.listdir(workdir) == []


def test_nothing_to_remove_is_no_change(deploy: Deploy, workdir: Path) -> None:
    (workdir / "f").touch()

    assert not deploy(Purge("x*")).changed


def test_a_path_object_and_an_absolute_pattern_will_do(deploy: Deploy, tmp_path: Path) -> None:
    (tmp_path / "gone").touch()

    deploy(Purge(tmp_path / "go*"))

    assert not (tmp_path / "gone").exists()


def test_the_reason_names_what_is_going_to_be_removed(add: Add, workdir: Path) -> None:
    for name in "edcba":
        (workdir / name).touch()

    with pytest.raises(UpdateNeeded) as raised:
        add(Purge("?")).verify()

    shown = ", ".join(repr(str(workdir / name)) for name in "abc")
    assert str(raised.value) == f"to be removed: {shown} and 2 more"


def test_predicting_removes_nothing(deploy: Deploy, workdir: Path) -> None:
    (workdir / "f").touch()

    assert deploy(Purge("*"), predict_only=True).changed

    assert os.listdir(workdir) == ["f"]
