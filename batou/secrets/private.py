"""A directory for clear text: in memory where the system has such a place, wiped afterwards."""

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

PREFIX = "batou-secrets-"
MEMORY = ("tmpfs", "ramfs")


@contextmanager
def private_directory(places: list[Path] | None = None) -> Iterator[Path]:
    """A directory that only we can read; all that is in it is overwritten and deleted at the end.

    It also goes when batou is told to end. What a killed batou left behind is
    wiped when the next one comes.
    """
    place = next(iter(memory_places() if places is None else places), Path(tempfile.gettempdir()))
    wipe_abandoned(place)
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with ending_politely():
            yield directory
    finally:
        wipe(directory)
        os.close(descriptor)


def memory_places(mounts: Path = Path("/proc/self/mounts")) -> list[Path]:
    """Directories that we may write to and that are kept in memory."""
    candidates = [os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm"]
    found = [Path(place) for place in candidates if place and os.access(place, os.W_OK | os.X_OK)]
    return [place for place in found if file_system(place, mounts) in MEMORY]


def file_system(path: Path, mounts: Path) -> str | None:
    """The type of the file system that *path* is on; None if the system does not say."""
    try:
        lines = [line.split(" ") for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return None
    real = path.resolve()
    above = [(len(line[1]), line[2]) for line in lines if real.is_relative_to(line[1])]
    return max(above, default=(0, None), key=lambda item: item[0])[1]


def wipe(directory: Path) -> None:
    """Overwrite every file below *directory*, then delete it."""
    for path in directory.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with suppress(OSError), path.open("r+b") as file:
                file.write(b"\0" * path.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
    shutil.rmtree(directory, ignore_errors=True)


def wipe_abandoned(place: Path) -> None:
    """Wipe our directories in *place* that no living batou holds."""
    for directory in place.glob(PREFIX + "*"):
        with suppress(OSError):
            if directory.is_symlink() or directory.stat().st_uid != os.getuid():
                continue
            descriptor = os.open(directory, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                wipe(directory)
            finally:
                os.close(descriptor)


@contextmanager
def ending_politely() -> Iterator[None]:
    """SIGTERM and SIGHUP raise SystemExit inside the block, so that what is open gets closed."""
    before: dict[signal.Signals, Any] = {}
    with suppress(ValueError):  # handlers belong to the main thread
        for number in (signal.SIGTERM, signal.SIGHUP):
            before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
