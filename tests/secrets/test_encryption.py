import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from batou.errors import FileLockedError
from batou.secrets.encryption import locked, replace_files


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


class TestLocked:
    def test_many_may_read_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        path.write_text("x")

        with locked(path), locked(path):
            assert path.read_text() == "x"

    @pytest.mark.parametrize("first, second", [(True, True), (True, False), (False, True)])
    def test_who_writes_is_alone(self, tmp_path: Path, first: bool, second: bool) -> None:
        path = tmp_path / "f"
        path.write_text("x")

        with locked(path, exclusive=first):
            with pytest.raises(FileLockedError, match=r"'.*f' is locked"):
                with locked(path, exclusive=second):
                    pass

    def test_a_lock_ends_with_its_block(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        path.write_text("x")

        with locked(path, exclusive=True):
            pass

        with locked(path, exclusive=True):
            assert path.read_text() == "x"

    def test_a_missing_file_exists_while_it_is_locked_and_goes_if_nothing_was_written(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "f"

        with locked(path, exclusive=True):
            assert path.read_bytes() == b""

        assert not path.exists()

    def test_a_new_file_stays_if_something_was_written(self, tmp_path: Path) -> None:
        path = tmp_path / "f"

        with locked(path, exclusive=True):
            replace_files({path: b"new"})

        assert path.read_bytes() == b"new"

    def test_a_missing_file_cannot_be_locked_for_reading(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            with locked(tmp_path / "f"):
                pass

    def test_a_read_only_file_can_be_locked(self, tmp_path: Path) -> None:
        path = tmp_path / "f"
        path.write_text("x")
        path.chmod(0o400)

        with locked(path, exclusive=True):
            assert path.read_text() == "x"


class TestReplaceFiles:
    def test_all_files_get_their_content_and_nothing_else_is_left(self, tmp_path: Path) -> None:
        a, b, c = tmp_path / "a", tmp_path / "b", tmp_path / "c"
        a.write_text("old")
        c.write_text("old")

        replace_files({a: b"new a", b: b"new b"}, [c])

        assert (a.read_bytes(), b.read_bytes()) == (b"new a", b"new b")
        assert names(tmp_path) == ["a", "b"]

    def test_a_file_keeps_its_mode_and_a_new_one_is_private(self, tmp_path: Path) -> None:
        old, new = tmp_path / "old", tmp_path / "new"
        old.write_text("x")
        old.chmod(0o640)

        replace_files({old: b"y", new: b"y"})

        assert stat.S_IMODE(old.stat().st_mode) == 0o640
        assert stat.S_IMODE(new.stat().st_mode) == 0o600

    def test_a_symbolic_link_stays_one(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        target.write_text("old")
        link.symlink_to("target")

        replace_files({link: b"new"})

        assert link.is_symlink()
        assert target.read_bytes() == b"new"

    def test_if_one_cannot_be_replaced_all_stay_as_they_were(self, tmp_path: Path) -> None:
        first, fresh, blocked = tmp_path / "first", tmp_path / "fresh", tmp_path / "blocked"
        first.write_text("old")
        (blocked / "inside").mkdir(parents=True)

        with pytest.raises(OSError):
            replace_files({first: b"new", fresh: b"new", blocked: b"new"})

        assert first.read_text() == "old"
        assert names(tmp_path) == ["blocked", "first"]

    def test_if_one_cannot_be_removed_all_stay_as_they_were(self, tmp_path: Path) -> None:
        first, blocked = tmp_path / "first", tmp_path / "blocked"
        first.write_text("old")
        blocked.mkdir()

        with pytest.raises(OSError):
            replace_files({first: b"new"}, [blocked])

        assert first.read_text() == "old"
        assert names(tmp_path) == ["blocked", "first"]

    def test_leftovers_of_a_crash_do_not_disturb(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_text("old")
        (tmp_path / ".a.new").write_text("half")
        (tmp_path / ".a.old").write_text("older")

        replace_files({path: b"new"})

        assert path.read_bytes() == b"new"
        assert names(tmp_path) == ["a"]

    def test_being_killed_while_writing_leaves_the_old_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_text("old")

        process = replace_with_little_space(path, on_overflow="SIG_DFL")

        assert process.returncode == -signal.SIGXFSZ
        assert path.read_text() == "old"

    def test_a_full_disk_leaves_the_old_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_text("old")

        process = replace_with_little_space(path, on_overflow="SIG_IGN")

        assert "OSError" in process.stderr
        assert path.read_text() == "old"
        assert names(tmp_path) == ["a"]


def replace_with_little_space(path: Path, on_overflow: str) -> "subprocess.CompletedProcess[str]":
    """Replace *path* in a process that may not write so much, and is killed for it or told."""
    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from batou.secrets.encryption import replace_files\n"
        f"signal.signal(signal.SIGXFSZ, signal.{on_overflow})\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "replace_files({Path(sys.argv[1]): b'x' * 100_000})\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.run(command, capture_output=True, text=True)


def test_somebody_who_waited_for_a_replaced_file_locks_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")

    with locked(path, exclusive=True):
        replace_files({path: b"new"})
        inode = os.stat(path).st_ino

    with locked(path, exclusive=True):
        assert os.stat(path).st_ino == inode
        with pytest.raises(FileLockedError):
            with locked(path):
                pass
