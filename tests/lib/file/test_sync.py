"""`SyncDirectory`, and that it does what rsync would have done."""

import os
import random
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component
from batou.errors import ComponentUsageError, ConfigurationError, UpdateNeeded
from batou.lib.file import SyncDirectory
from batou.lib.file.rsync import rules_of

Add = Callable[[Component], Any]
Deploy = Callable[..., Any]


@pytest.fixture
def source(defdir: Path) -> Path:
    """A tree with a file, a directory with a file, and a link."""
    top = defdir / "tree"
    (top / "sub").mkdir(parents=True)
    (top / "f").write_text("file")
    (top / "sub/g").write_text("another")
    (top / "link").symlink_to("f")
    return top


@pytest.fixture
def target(workdir: Path) -> Path:
    return workdir / "d"


def contents(top: Path) -> dict[str, str]:
    """What is in a tree: text of files, ``-> destination`` of links, ``/`` for directories."""
    found = {}
    for path in sorted(top.rglob("*")):
        name = str(path.relative_to(top))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        else:
            found[name] = "/" if path.is_dir() else path.read_text()
    return found


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# The component


def test_a_missing_directory_is_made_and_filled(deploy: Deploy, source: Path, target: Path) -> None:
    assert deploy(SyncDirectory("d", source="tree")).changed

    assert contents(target) == {"f": "file", "link": "-> f", "sub": "/", "sub/g": "another"}


def test_a_complete_directory_is_left_alone(deploy: Deploy, source: Path, target: Path) -> None:
    deploy(SyncDirectory("d", source="tree"))
    os.utime(source / "f", (1, 1))
    (target / "f").chmod(0o600)
    (target / "own").touch()

    assert not deploy(SyncDirectory("d", source="tree")).changed


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda top: (top / "f").write_text("FILE"), "f"),
        (lambda top: (top / "sub/g").unlink(), "sub/g"),
        (lambda top: ((top / "link").unlink(), (top / "link").symlink_to("sub")), "link"),
    ],
)
def test_what_differs_is_named_and_mended(
    add: Add,
    deploy: Deploy,
    source: Path,
    target: Path,
    change: Callable[[Path], object],
    name: str,
) -> None:
    deploy(SyncDirectory("d", source="tree"))
    change(target)

    with pytest.raises(UpdateNeeded) as raised:
        add(SyncDirectory("d", source="tree")).verify()
    deploy(SyncDirectory("d", source="tree"))

    assert str(raised.value) == f"1 entry differs: {name!r}"
    assert contents(target) == contents(source)


def test_files_of_the_target_stay(deploy: Deploy, source: Path, target: Path) -> None:
    target.mkdir()
    (target / "own").write_text("kept")

    deploy(SyncDirectory("d", source="tree"))

    assert (target / "own").read_text() == "kept"


def test_what_is_excluded_is_not_copied(deploy: Deploy, source: Path, target: Path) -> None:
    deploy(SyncDirectory("d", source="tree", exclude=("sub", "lin?")))

    assert contents(target) == {"f": "file"}


def test_one_pattern_may_be_given_as_text(deploy: Deploy, source: Path, target: Path) -> None:
    deploy(SyncDirectory("d", source="tree", exclude="sub"))

    assert "sub" not in contents(target)


def test_the_source_is_relative_to_the_component_and_normal(add: Add, source: Path) -> None:
    assert add(SyncDirectory("d", source="./x/../tree/")).source == str(source)


def test_a_sync_without_source_is_refused(add: Add) -> None:
    with pytest.raises(ComponentUsageError, match="needs a source"):
        add(SyncDirectory("d"))


def test_a_missing_source_is_an_error_only_when_deploying(
    add: Add, target: Path, defdir: Path
) -> None:
    sync = add(SyncDirectory("d", source="nothing"))
    target.mkdir()

    with pytest.raises(UpdateNeeded, match="does not exist yet"):
        sync.verify(predicting=True)
    with pytest.raises(FileNotFoundError) as raised:
        sync.verify()

    assert raised.value.filename == str(defdir / "nothing")


def test_a_file_in_place_of_the_directory_is_replaced(
    deploy: Deploy, source: Path, target: Path
) -> None:
    target.touch()

    deploy(SyncDirectory("d", source="tree"))

    assert contents(target) == contents(source)


def test_a_link_to_a_directory_is_filled(deploy: Deploy, source: Path, target: Path) -> None:
    (target.parent / "real").mkdir()
    target.symlink_to("real")

    deploy(SyncDirectory("d", source="tree"))

    assert target.is_symlink()
    assert contents(target.parent / "real") == contents(source)


def test_predicting_copies_nothing(deploy: Deploy, source: Path, target: Path) -> None:
    target.mkdir()

    assert deploy(SyncDirectory("d", source="tree"), predict_only=True).changed

    assert os.listdir(target) == []


def test_new_files_have_the_modes_of_the_source_less_the_umask(
    deploy: Deploy, source: Path, target: Path
) -> None:
    (source / "f").chmod(0o777)
    before = os.umask(0o027)

    try:
        deploy(SyncDirectory("d", source="tree"))
    finally:
        os.umask(before)

    assert mode_of(target / "f") == 0o750


def test_nothing_temporary_stays_behind(deploy: Deploy, source: Path, target: Path) -> None:
    deploy(SyncDirectory("d", source="tree"))
    (source / "f").write_text("changed")
    deploy(SyncDirectory("d", source="tree"))

    assert sorted(os.listdir(target)) == ["f", "link", "sub"]


# Options


DELETE = {"verify_opts": "-rclnv --delete", "sync_opts": "--inplace -lr --delete"}


def test_delete_removes_what_the_source_lacks(deploy: Deploy, source: Path, target: Path) -> None:
    (target / "old/deep").mkdir(parents=True)
    (target / "old/deep/f").touch()
    (target / "old.txt").touch()

    deploy(SyncDirectory("d", source="tree", **DELETE))

    assert contents(target) == contents(source)
    assert not deploy(SyncDirectory("d", source="tree", **DELETE)).changed


def test_delete_protects_what_is_excluded(deploy: Deploy, source: Path, target: Path) -> None:
    (target / "old/deep").mkdir(parents=True)
    (target / "old/deep/keep.me").touch()
    (target / "old/deep/other").touch()

    deploy(SyncDirectory("d", source="tree", exclude=("*.me",), **DELETE))

    assert sorted(os.listdir(target / "old/deep")) == ["keep.me"]
    assert not deploy(SyncDirectory("d", source="tree", exclude=("*.me",), **DELETE)).changed


def test_a_directory_with_files_in_the_way_of_a_file_is_not_removed_without_delete(
    deploy: Deploy, source: Path, target: Path
) -> None:
    (target / "f").mkdir(parents=True)
    (target / "f/precious").touch()

    with pytest.raises(OSError, match="not empty"):
        deploy(SyncDirectory("d", source="tree"))
    assert (target / "f/precious").exists()

    deploy(SyncDirectory("d", source="tree", **DELETE))
    assert (target / "f").read_text() == "file"


def test_what_is_excluded_is_protected_even_where_a_file_has_to_be(
    deploy: Deploy, source: Path, target: Path
) -> None:
    (target / "f").mkdir(parents=True)
    (target / "f/keep.me").touch()
    (target / "f/other").touch()

    with pytest.raises(OSError, match="not empty"):
        deploy(SyncDirectory("d", source="tree", exclude=("*.me",), **DELETE))

    assert os.listdir(target / "f") == ["keep.me"]


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("/")])
@pytest.mark.parametrize("name", ["f", "sub", "link"])
def test_what_is_in_the_way_is_replaced(
    deploy: Deploy, source: Path, target: Path, make: Callable[[Path], object], name: str
) -> None:
    target.mkdir()
    make(target / name)

    deploy(SyncDirectory("d", source="tree"))

    assert contents(target) == contents(source)


def test_modes_count_with_p_only(deploy: Deploy, source: Path, target: Path) -> None:
    deploy(SyncDirectory("d", source="tree"))
    (source / "f").chmod(0o604)
    (source / "sub").chmod(0o701)
    assert not deploy(SyncDirectory("d", source="tree")).changed

    options = {"verify_opts": "-rclpnv", "sync_opts": "-rlp"}
    assert deploy(SyncDirectory("d", source="tree", **options)).changed

    assert (mode_of(target / "f"), mode_of(target / "sub")) == (0o604, 0o701)
    assert not deploy(SyncDirectory("d", source="tree", **options)).changed


def test_an_archive_has_the_times_and_modes_of_the_source(
    deploy: Deploy, source: Path, target: Path
) -> None:
    (source / "f").chmod(0o604)
    for path in (source / "f", source / "sub/g", source / "sub", source):
        os.utime(path, (1000, 1000))
    options = {"verify_opts": "-anv", "sync_opts": "-a"}

    deploy(SyncDirectory("d", source="tree", **options))

    assert {path.stat().st_mtime for path in (target, target / "f", target / "sub")} == {1000}
    assert mode_of(target / "f") == 0o604
    assert not deploy(SyncDirectory("d", source="tree", **options)).changed


def test_an_archive_converges_after_something_was_deleted(
    deploy: Deploy, source: Path, target: Path
) -> None:
    options = {"verify_opts": "-anv --delete", "sync_opts": "-a --delete"}
    deploy(SyncDirectory("d", source="tree", **options))
    (target / "sub/old").touch()

    deploy(SyncDirectory("d", source="tree", **options))

    assert not (target / "sub/old").exists()
    assert not deploy(SyncDirectory("d", source="tree", **options)).changed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_archive_has_the_owners_of_the_source(
    deploy: Deploy, source: Path, target: Path
) -> None:
    os.chown(source / "f", 1234, 4321)
    os.chown(source / "link", 1234, 4321, follow_symlinks=False)

    deploy(SyncDirectory("d", source="tree", verify_opts="-anv", sync_opts="-a"))

    for name in ("f", "link"):
        status = (target / name).lstat()
        assert (status.st_uid, status.st_gid) == (1234, 4321)


@pytest.mark.parametrize(
    "options",
    ["-rclnv", "--inplace -lr", "-a", "--archive --delete", "-rl --exclude=x --exclude 'y z'"],
)
def test_common_options_need_no_rsync(options: str) -> None:
    assert rules_of(options, []) is not None


@pytest.mark.parametrize("options", ["-rl --chmod=D755", "-l", "-rlH", "", "rl", "-r --bwlimit=1"])
def test_other_options_need_rsync(options: str) -> None:
    assert rules_of(options, []) is None


def test_excludes_among_the_options_count() -> None:
    rules = rules_of("-rl --exclude=x --exclude 'y z'", ["w"])

    assert rules is not None
    assert [rules.is_excluded(name, False) for name in ("w", "x", "y z", "z")] == [
        True,
        True,
        True,
        False,
    ]


def test_options_that_need_rsync_say_so_where_there_is_none(
    add: Add, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sync = add(SyncDirectory("d", source="tree", sync_opts="-rl --chmod=D755"))
    target.mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))

    with pytest.raises(ConfigurationError, match="rsync, which this host lacks"):
        sync.verify()


@pytest.mark.needs("rsync")
def test_other_options_are_left_to_rsync(deploy: Deploy, source: Path, target: Path) -> None:
    (source / "a file; with 'quotes'").write_text("x")
    options = {"verify_opts": "-rlcv", "sync_opts": "-rl --chmod=F600 -p"}
    target.mkdir()

    predicted = deploy(SyncDirectory("d", source="tree", **options), predict_only=True)
    assert predicted.changed
    assert os.listdir(target) == []

    deploy(SyncDirectory("d", source="tree", exclude=("*g",), **options))

    assert mode_of(target / "f") == 0o600
    assert (target / "a file; with 'quotes'").read_text() == "x"
    assert not (target / "sub/g").exists()
    assert not deploy(SyncDirectory("d", source="tree", exclude=("*g",), **options)).changed


# The same as rsync


def grow(top: Path, chance: random.Random, depth: int = 3) -> None:
    """Make a tree by chance; names are few, so that two trees have much in common."""
    top.mkdir(exist_ok=True)
    for name in chance.sample(["a", "b", "c.x", "d", "e.x"], chance.randint(0, 5)):
        kind = chance.choice(["file", "file", "link", "directory"])
        if kind == "directory" and depth:
            grow(top / name, chance, depth - 1)
        elif kind == "link":
            (top / name).symlink_to(chance.choice(["a", "nowhere"]))
        else:
            (top / name).write_text(chance.choice(["1", "2", "three"]))
            (top / name).chmod(chance.choice([0o600, 0o644, 0o755]))


@pytest.mark.needs("rsync")
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    "options", ["-rl", "-rlp", "-rl --delete", "-rlpt --delete --exclude=*.x --exclude=/d"]
)
def test_the_result_is_that_of_rsync(
    deploy: Deploy, defdir: Path, workdir: Path, seed: int, options: str
) -> None:
    chance = random.Random(seed)
    grow(defdir / "tree", chance)
    state = chance.getstate()
    for name in ("ours", "theirs"):
        chance.setstate(state)
        grow(workdir / name, chance)
    rsync = subprocess.run(
        ["rsync", "-c", *options.split(), f"{defdir}/tree/", f"{workdir}/theirs"],
        capture_output=True,
        text=True,
    )

    verify = f"-c {options}"
    if rsync.returncode:
        with pytest.raises(OSError, match="not empty"):
            deploy(SyncDirectory("ours", source="tree", verify_opts=verify, sync_opts=options))
        return
    deploy(SyncDirectory("ours", source="tree", verify_opts=verify, sync_opts=options))

    assert contents(workdir / "ours") == contents(workdir / "theirs")
    if "p" in options.split()[0]:
        assert modes(workdir / "ours") == modes(workdir / "theirs")
    again = SyncDirectory("ours", source="tree", verify_opts=verify, sync_opts=options)
    assert not deploy(again).changed


def modes(top: Path) -> dict[str, int]:
    return {
        str(path.relative_to(top)): mode_of(path)
        for path in top.rglob("*")
        if not path.is_symlink()
    }
