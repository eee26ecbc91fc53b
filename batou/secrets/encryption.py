"""Files on disk: locked while somebody works on them, replaced as a whole or not at all."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from batou.errors import FileLockedError


@contextmanager
def locked(path: Path, exclusive: bool = False) -> Iterator[None]:
    """Hold an advisory lock on *path*; many may share it, or one may have it *exclusive*.

    For an exclusive lock a missing file is created empty, and removed again if
    nothing was written. Raises FileLockedError at once if somebody else holds it.
    """
    descriptor = _open_locked(path, exclusive)
    try:
        yield
    finally:
        if exclusive and _is_same_file(descriptor, path) and os.fstat(descriptor).st_size == 0:
            path.unlink()
        os.close(descriptor)


def _open_locked(path: Path, exclusive: bool) -> int:
    """A descriptor that holds the lock of the file that is at *path* now.

    Whoever held it before may have replaced the file; then what we locked is
    the old one, and we try again.
    """
    while True:
        flags = os.O_RDONLY | (os.O_CREAT if exclusive else 0)
        descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise FileLockedError(str(path)) from None
        except BaseException:
            os.close(descriptor)
            raise
        if _is_same_file(descriptor, path):
            return descriptor
        os.close(descriptor)


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def replace_files(writes: Mapping[Path, bytes], removals: Iterable[Path] = ()) -> None:
    """Give all files of *writes* their new content and delete *removals*, or change nothing.

    All is written beside the targets first, then renamed in the given order. If
    a rename fails, the earlier ones are undone. A file keeps its mode, a new one
    is private to its owner; a symbolic link stays one.
    """
    targets = {Path(os.path.realpath(path)): content for path, content in writes.items()}
    gone = [path for path in removals if path not in writes]
    staged: dict[Path, Path] = {}
    kept: dict[Path, Path | None] = {}
    try:
        for target, content in targets.items():
            staged[target] = _stage(target, content)
        for target in targets:
            kept[target] = _keep(target)
            os.replace(staged[target], target)
        for path in gone:
            kept[path] = _keep(path)
            path.unlink(missing_ok=True)
    except BaseException:
        _restore(kept)
        raise
    finally:
        for leftover in (*staged.values(), *kept.values()):
            if leftover:
                leftover.unlink(missing_ok=True)
    for directory in {path.parent for path in (*targets, *gone)}:
        _sync(directory)


def _stage(target: Path, content: bytes) -> Path:
    staged = target.with_name(f".{target.name}.new")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), os.stat(target).st_mode & 0o7777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    return staged


def _keep(target: Path) -> Path | None:
    """A second name for what is at *target*; None if there is nothing."""
    if not target.exists():
        return None
    kept = target.with_name(f".{target.name}.old")
    kept.unlink(missing_ok=True)
    try:
        os.link(target, kept)
    except OSError:  # a file system without hard links
        import shutil

        shutil.copy2(target, kept)
    return kept


def _restore(kept: Mapping[Path, Path | None]) -> None:
    for target, old in reversed(list(kept.items())):
        if old:
            os.replace(old, target)
        else:
            target.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
