import errno
import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import pytest

from batou.lib.file.writing import copy_from, replace_file, replace_link, same_content

Unprivileged = Callable[[], AbstractContextManager[None]]


def writing(content: bytes) -> Callable[[BinaryIO], object]:
    return lambda file: file.write(content)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)

    try:
        replace_file(str(tmp_path / "f"), writing(b"new"))
    finally:
        os.umask(before)

    assert (tmp_path / "f").read_bytes() == b"new"
    assert mode_of(tmp_path / "f") == 0o640


def test_a_new_private_file_is_closed_to_others(tmp_path: Path) -> None:
    replace_file(str(tmp_path / "f"), writing(b"new"), new_mode=0o600)

    assert mode_of(tmp_path / "f") == 0o600


@pytest.mark.parametrize("mode", [0o400, 0o444, 0o600, 0o640, 0o755])
def test_an_existing_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "f"
    target.write_bytes(b"old")
    target.chmod(mode)

    replace_file(str(target), writing(b"new"))

    assert target.read_bytes() == b"new"
    assert mode_of(target) == mode


def test_a_read_only_file_is_replaced_without_privileges(
    open_dir: Path, unprivileged: Unprivileged
) -> None:
    target = open_dir / "f"

    with unprivileged():
        target.write_bytes(b"old")
        target.chmod(0o400)
        replace_file(str(target), writing(b"new"))

        assert target.read_bytes() == b"new"
        assert mode_of(target) == 0o400


def test_the_setuid_bit_outlives_new_content_without_privileges(
    open_dir: Path, unprivileged: Unprivileged
) -> None:
    target = open_dir / "f"

    with unprivileged():
        target.write_bytes(b"old")
        target.chmod(0o4755)
        replace_file(str(target), writing(b"new"))

    assert mode_of(target) == 0o4755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_existing_file_keeps_its_owner_and_group(tmp_path: Path) -> None:
    target = tmp_path / "f"
    target.write_bytes(b"old")
    os.chown(target, 1234, 4321)

    replace_file(str(target), writing(b"new"))

    assert (target.stat().st_uid, target.stat().st_gid) == (1234, 4321)


def test_the_old_file_is_whole_and_the_new_one_has_its_mode_while_content_is_written(
    tmp_path: Path,
) -> None:
    target = tmp_path / "f"
    target.write_bytes(b"old")
    target.chmod(0o640)
    seen = []

    def write(file: BinaryIO) -> None:
        seen.append((target.read_bytes(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)))
        file.write(b"new")

    replace_file(str(target), write)

    assert seen == [(b"old", 0o640)]
    assert target.read_bytes() == b"new"


def test_a_reader_that_has_the_old_file_open_keeps_it(tmp_path: Path) -> None:
    target = tmp_path / "f"
    target.write_bytes(b"old")

    with target.open("rb") as reader:
        replace_file(str(target), writing(b"new"))

        assert reader.read() == b"old"


def test_the_temporary_file_is_beside_the_target_under_a_hidden_name(tmp_path: Path) -> None:
    names = []

    replace_file(str(tmp_path / "f"), lambda file: names.extend(os.listdir(tmp_path)))

    assert len(names) == 1
    assert names[0].startswith(".f.batou-")


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError()]
)
def test_the_old_file_stays_if_writing_fails(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "f"
    target.write_bytes(b"old")

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        replace_file(str(target), write)

    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def test_no_file_appears_if_writing_a_new_one_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing-source"):
        replace_file(str(tmp_path / "f"), copy_from(str(tmp_path / "missing-source")))

    assert os.listdir(tmp_path) == []


def test_an_unreadable_source_does_not_cost_the_old_file(
    open_dir: Path, unprivileged: Unprivileged
) -> None:
    source, target = open_dir / "source", open_dir / "f"

    with unprivileged():
        source.write_bytes(b"new")
        source.chmod(0)
        target.write_bytes(b"old")
        with pytest.raises(PermissionError, match="source"):
            replace_file(str(target), copy_from(str(source)))

        assert target.read_bytes() == b"old"


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/f").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real/f")

    replace_file(str(tmp_path / "link"), writing(b"new"))

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/f").read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == ["link", "real"]


def test_a_dangling_link_gets_the_file_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")

    replace_file(str(tmp_path / "link"), writing(b"new"))

    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_link_itself_is_replaced_if_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")

    replace_file(str(tmp_path / "link"), writing(b"new"), follow_links=False)

    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"old"


def test_a_writable_file_in_a_closed_directory_is_written_in_place(
    open_dir: Path, unprivileged: Unprivileged
) -> None:
    closed = open_dir / "closed"
    with unprivileged():
        closed.mkdir()
        (closed / "f").write_bytes(b"much longer than the new content")
        closed.chmod(0o500)
        inode = (closed / "f").stat().st_ino

        replace_file(str(closed / "f"), writing(b"new"))

        assert (closed / "f").read_bytes() == b"new"
        assert (closed / "f").stat().st_ino == inode
        assert os.listdir(closed) == ["f"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of others")
def test_a_file_of_somebody_else_that_we_may_write_stays_theirs(
    open_dir: Path, unprivileged: Unprivileged
) -> None:
    target = open_dir / "f"
    target.write_bytes(b"old")
    target.chmod(0o666)

    with unprivileged():
        replace_file(str(target), writing(b"new"))

    assert target.read_bytes() == b"new"
    assert target.stat().st_uid == 0
    assert os.listdir(open_dir) == ["f"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of others")
def test_a_sticky_directory_does_not_leave_a_temporary_file(
    open_dir: Path, unprivileged: Unprivileged
) -> None:
    open_dir.chmod(0o1777)
    target = open_dir / "f"
    target.write_bytes(b"old")
    target.chmod(0o644)

    with unprivileged(), pytest.raises(PermissionError):
        replace_file(str(target), writing(b"new"))

    assert target.read_bytes() == b"old"
    assert os.listdir(open_dir) == ["f"]


def test_a_missing_directory_is_named_without_the_temporary_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="leading=True") as raised:
        replace_file(str(tmp_path / "no/f"), writing(b"new"))

    assert raised.value.filename == str(tmp_path / "no/f")


def test_a_directory_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()

    with pytest.raises(IsADirectoryError):
        replace_file(str(tmp_path / "d"), writing(b"new"))

    assert os.listdir(tmp_path) == ["d"]


def test_a_device_is_written_to_and_stays_a_device() -> None:
    replace_file("/dev/null", writing(b"new"))

    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("name", ["n" * 255, "ü" * 127])
def test_the_longest_names_can_be_replaced(tmp_path: Path, name: str) -> None:
    replace_file(str(tmp_path / name), writing(b"new"))

    assert os.listdir(tmp_path) == [name]


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes here")
def test_extended_attributes_survive(tmp_path: Path) -> None:
    target = tmp_path / "f"
    target.write_bytes(b"old")
    try:
        os.setxattr(target, "user.batou", b"x")
    except OSError:
        pytest.skip("this file system has no extended attributes")

    replace_file(str(target), writing(b"new"))

    assert os.getxattr(target, "user.batou") == b"x"


def test_a_copy_is_made_chunk_by_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batou.lib.file.writing.CHUNK", 3)
    (tmp_path / "source").write_bytes(b"0123456789")
    sizes = []

    class Recorder:
        def write(self, chunk: bytes) -> None:
            sizes.append(len(chunk))

    copy_from(str(tmp_path / "source"))(Recorder())  # type: ignore[arg-type]  # only write is used

    assert sizes == [3, 3, 3, 1]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (b"", b"", True),
        (b"abcdefg", b"abcdefg", True),
        (b"abcdefg", b"abcdefh", False),
        (b"abcdefg", b"xbcdefg", False),
        (b"abc", b"abcd", False),
        (b"", b"abcd", False),
        (b"abcd", b"", False),
    ],
)
def test_files_are_compared_by_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, a: bytes, b: bytes, same: bool
) -> None:
    monkeypatch.setattr("batou.lib.file.writing.CHUNK", 3)
    (tmp_path / "a").write_bytes(a)
    (tmp_path / "b").write_bytes(b)

    assert same_content(str(tmp_path / "a"), str(tmp_path / "b")) is same


@pytest.mark.skipif(not os.path.exists("/proc/version"), reason="no /proc here")
def test_files_whose_size_is_unknown_are_compared_by_content(tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(Path("/proc/version").read_bytes())

    assert same_content("/proc/version", str(tmp_path / "copy"))


def test_a_link_is_replaced_in_one_step(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("old")

    replace_link(str(tmp_path / "link"), "new")

    assert os.readlink(tmp_path / "link") == "new"
    assert os.listdir(tmp_path) == ["link"]


def test_a_link_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()

    with pytest.raises(IsADirectoryError):
        replace_link(str(tmp_path / "d"), "new")

    assert os.listdir(tmp_path) == ["d"]
