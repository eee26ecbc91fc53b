import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component
from batou.errors import UpdateNeeded
from batou.lib.file import Symlink

Add = Callable[[Component], Any]
Deploy = Callable[..., Any]


def test_both_ends_are_mapped(deploy: Deploy, workdir: Path) -> None:
    link = deploy(Symlink("a", source="b/../c"))

    assert os.readlink(workdir / "a") == str(workdir / "c")
    assert (link.target, link.source) == (str(workdir / "a"), str(workdir / "c"))


def test_a_link_may_be_relative(deploy: Deploy, workdir: Path) -> None:
    (workdir / "x/y").mkdir(parents=True)
    (workdir / "z").write_text("there")

    deploy(Symlink("x/y/a", source="z", relative=True))

    assert os.readlink(workdir / "x/y/a") == "../../z"
    assert (workdir / "x/y/a").read_text() == "there"
    assert not deploy(Symlink("x/y/a", source="z", relative=True)).changed


def test_the_right_link_is_left_alone(deploy: Deploy) -> None:
    deploy(Symlink("a", source="b"))

    assert not deploy(Symlink("a", source="b")).changed


def test_a_link_to_elsewhere_is_a_reason(add: Add, workdir: Path) -> None:
    (workdir / "a").symlink_to("old")

    with pytest.raises(UpdateNeeded) as raised:
        add(Symlink("a", source="/new")).verify()

    assert str(raised.value) == "points to 'old', wanted '/new'"


def test_destinations_are_compared_as_text(add: Add, workdir: Path) -> None:
    (workdir / "a").symlink_to("b")

    with pytest.raises(UpdateNeeded):
        add(Symlink("a", source="b")).verify()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "missing"),
        (lambda path: path.touch(), "is a file, wanted a link to '/b'"),
        (
            lambda path: (path / "x").mkdir(parents=True),
            "is a directory, wanted a link to '/b'; its 1 entry will be removed",
        ),
        (lambda path: path.symlink_to("b"), "points to 'b', wanted '/b'"),
    ],
)
def test_whatever_is_there_is_replaced(
    add: Add, workdir: Path, make: Callable[[Path], object], reason: str
) -> None:
    link = add(Symlink("a", source="/b"))
    make(workdir / "a")

    with pytest.raises(UpdateNeeded) as raised:
        link.verify()
    link.update()

    assert str(raised.value) == reason
    assert os.readlink(workdir / "a") == "/b"
    assert os.listdir(workdir) == ["a"]


def test_a_link_to_a_directory_is_replaced_and_the_directory_stays(
    deploy: Deploy, workdir: Path
) -> None:
    (workdir / "d").mkdir()
    (workdir / "d/f").touch()
    (workdir / "a").symlink_to("d")

    deploy(Symlink("a", source="/b"))

    assert os.readlink(workdir / "a") == "/b"
    assert (workdir / "d/f").exists()


def test_a_link_below_a_missing_directory_is_predicted(deploy: Deploy, workdir: Path) -> None:
    assert deploy(Symlink("d/a", source="b"), predict_only=True).changed

    assert os.listdir(workdir) == []


def test_parents_are_made_if_wanted(deploy: Deploy, workdir: Path) -> None:
    with pytest.raises(FileNotFoundError):
        deploy(Symlink("d/a", source="b"))

    deploy(Symlink("d/a", source="b", leading=True))

    assert os.readlink(workdir / "d/a") == str(workdir / "b")


def test_a_link_without_source_is_refused(add: Add) -> None:
    with pytest.raises(TypeError, match="source of the link 'a' is None"):
        add(Symlink("a"))


def test_the_breadcrumb_is_the_link(add: Add) -> None:
    assert add(Symlink("a", source="b"))._breadcrumb == "Symlink('work/mycomponent/a')"
