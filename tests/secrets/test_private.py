import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batou.secrets.private import file_system, memory_places, private_directory, wipe


def test_only_we_can_look_into_it_and_it_goes_afterwards(tmp_path: Path) -> None:
    with private_directory([tmp_path]) as directory:
        (directory / "secret").write_text("x")
        assert directory.stat().st_mode & 0o777 == 0o700

    assert list(tmp_path.iterdir()) == []


def test_it_goes_if_something_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), private_directory([tmp_path]):
        1 / 0

    assert list(tmp_path.iterdir()) == []


def test_without_memory_it_lies_where_temporary_files_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with private_directory([]) as directory:
        assert directory.parent == tmp_path


def test_wiping_overwrites_the_content(tmp_path: Path) -> None:
    directory = tmp_path / "d"
    (directory / "sub").mkdir(parents=True)
    path = directory / "sub" / "secret"
    path.write_bytes(b"geheim")
    os.link(path, tmp_path / "witness")

    wipe(directory)

    assert not directory.exists()
    assert (tmp_path / "witness").read_bytes() == b"\0" * 6


def test_wiping_does_not_follow_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    directory = tmp_path / "d"
    directory.mkdir()
    (directory / "link").symlink_to(outside)

    wipe(directory)

    assert outside.read_text() == "precious"


def test_what_is_in_use_is_not_wiped_and_what_was_abandoned_is(tmp_path: Path) -> None:
    abandoned = tmp_path / "batou-secrets-abandoned"
    abandoned.mkdir()
    (abandoned / "secret").write_text("x")

    with private_directory([tmp_path]) as first:
        with private_directory([tmp_path]) as second:
            assert first.is_dir()
            assert second.is_dir()
            assert not abandoned.exists()


def test_being_told_to_end_wipes_it(tmp_path: Path) -> None:
    program = (
        "import sys, os, signal\n"
        "from pathlib import Path\n"
        "from batou.secrets.private import private_directory\n"
        "with private_directory([Path(sys.argv[1])]) as directory:\n"
        "    (directory / 'secret').write_text('x')\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
    )

    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)])

    assert done.returncode == 128 + signal.SIGHUP
    assert list(tmp_path.iterdir()) == []


class TestPlaces:
    @pytest.fixture
    def mounts(self, tmp_path: Path) -> Any:
        path = tmp_path / "mounts"
        path.write_text(
            f"/dev/sda1 / ext4 rw 0 0\ntmpfs {tmp_path}/memory tmpfs rw 0 0\n"
            f"/dev/sdb1 {tmp_path}/memory/disk xfs rw 0 0\n"
        )
        return path

    @pytest.mark.parametrize(
        "name, kind",
        [("memory", "tmpfs"), ("memory/x", "tmpfs"), ("memory/disk", "xfs"), ("", "ext4")],
    )
    def test_the_innermost_mount_counts(
        self, tmp_path: Path, mounts: Path, name: str, kind: str
    ) -> None:
        assert file_system(tmp_path / name, mounts) == kind

    def test_a_system_that_does_not_say_has_no_memory_places(self, tmp_path: Path) -> None:
        assert file_system(tmp_path, tmp_path / "nothing") is None
        assert memory_places(tmp_path / "nothing") == []

    def test_the_runtime_directory_is_used_if_it_is_memory(
        self, tmp_path: Path, mounts: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "memory").mkdir()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "memory"))

        assert memory_places(mounts)[0] == tmp_path / "memory"

        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        assert Path(tmp_path) not in memory_places(mounts)
