"""Replace a file or a link in one step: make it beside the old one, rename."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from typing import BinaryIO

Write = Callable[[BinaryIO], object]
"""Writes the whole content; may be called twice."""

CHUNK = 1 << 20
"""Bytes that are read at once from large files."""

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW

_NO_RENAME = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV, errno.ENOENT, errno.EINVAL}
)
"""The directory does not let us replace the file; the file itself may be writable."""


def replace_file(
    path: str, write: Write, *, new_mode: int = 0o666, follow_links: bool = True
) -> None:
    """Give *path* the content that *write* writes; readers see the old file or the new one.

    An existing file keeps its mode, owner, group and access list, and the new
    content carries them from its first byte. A new file gets *new_mode* less the
    umask. Where the directory does not allow it (a mounted file, a sticky or
    read-only directory, a foreign owner) the file is overwritten in place.
    If *write* fails the old file stays. No temporary file stays behind.
    """
    target = os.path.realpath(path) if follow_links else path
    status = _status(target, follow_links)
    if status is not None and not stat.S_ISREG(status.st_mode):
        _overwrite(target, write)  # a device or a pipe is written to, and stays what it is
        return
    try:
        _replace(target, status, write, new_mode)
    except _Refused as refusal:
        if status is None:
            raise _about(refusal.error, path) from None
        _overwrite(target, write)


class _Refused(Exception):
    """We may not put a file beside the old one, give it the same owner, or rename it."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


@contextlib.contextmanager
def _refusable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_RENAME:
            raise _Refused(error) from error
        raise


def _replace(target: str, status: os.stat_result | None, write: Write, new_mode: int) -> None:
    with _refusable():
        temporary, file = _open_beside(target, status, new_mode)
    try:
        with file:
            write(file)
            file.flush()
            _complete(file.fileno(), status)
        with _refusable():
            os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _complete(descriptor: int, status: os.stat_result | None) -> None:
    """Finish the new file before it takes the place of the old one."""
    if status is None:
        return
    if status.st_mode & (stat.S_ISUID | stat.S_ISGID):  # writing has cleared these bits
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    if status.st_size:
        # A crash must not lose the old content. A new file has none to lose: if it ends
        # up empty, the next run finds that its content differs.
        os.fsync(descriptor)


def _status(target: str, follow_links: bool) -> os.stat_result | None:
    """The stat of what is to be replaced, or None if there is nothing worth keeping."""
    try:
        status = os.stat(target, follow_symlinks=follow_links)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return None if stat.S_ISLNK(status.st_mode) else status


def _open_beside(target: str, status: os.stat_result | None, new_mode: int) -> tuple[str, BinaryIO]:
    temporary, descriptor = _create(target, new_mode if status is None else 0o600)
    try:
        if status is not None:
            _adopt(descriptor, status)
            _copy_access_list(target, descriptor)
    except BaseException:
        os.close(descriptor)
        os.unlink(temporary)
        raise
    return temporary, os.fdopen(descriptor, "wb")


def beside(target: str) -> Iterator[str]:
    """Names for a temporary file in the directory of *target*, without end."""
    directory, name = os.path.split(target)
    short = os.fsdecode(os.fsencode(name)[:200])
    while True:
        yield os.path.join(directory, f".{short}.batou-{os.urandom(4).hex()}")


def _create(target: str, mode: int) -> tuple[str, int]:
    for temporary in beside(target):
        with contextlib.suppress(FileExistsError):
            return temporary, os.open(temporary, _FLAGS, mode)
    raise AssertionError("names never run out")


def _adopt(descriptor: int, status: os.stat_result) -> None:
    """Give the owner, then the mode; raises OSError if we may not."""
    own = os.fstat(descriptor)
    if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _copy_access_list(target: str, descriptor: int) -> None:
    if not hasattr(os, "listxattr"):
        return
    with contextlib.suppress(OSError):
        for name in os.listxattr(target):
            if name.startswith(("system.posix_acl_", "security.selinux", "user.")):
                with contextlib.suppress(OSError):
                    os.setxattr(descriptor, name, os.getxattr(target, name))


def _overwrite(target: str, write: Write) -> None:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_TRUNC), "wb") as file:
        write(file)


def _about(error: OSError, path: str) -> OSError:
    """*error* told about *path* instead of the temporary file beside it."""
    reason = error.strerror
    if isinstance(error, FileNotFoundError):
        reason = "its directory does not exist: use leading=True, or add a Directory before"
    return type(error)(error.errno, reason, path)


def replace_link(path: str, destination: str) -> None:
    """Make *path* a link that holds *destination*, in one step; it must not be a directory."""
    for temporary in beside(path):
        with contextlib.suppress(FileExistsError):
            os.symlink(destination, temporary)
            break
    try:
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def copy_from(source: str) -> Write:
    """A `Write` that copies the file *source* without holding it in memory."""

    def write(file: BinaryIO) -> None:
        with open(source, "rb") as origin:
            while chunk := origin.read(CHUNK):
                file.write(chunk)

    return write


def same_content(a: str, b: str) -> bool:
    """Whether two files have the same bytes; reads no more than it must.

    Raises OSError if one of them cannot be read.
    """
    with open(a, "rb") as first, open(b, "rb") as second:
        sizes = {os.fstat(file.fileno()).st_size for file in (first, second)}
        if len(sizes) == 2 and 0 not in sizes:  # files in /proc have content, but size 0
            return False
        while chunk := first.read(CHUNK):
            if chunk != second.read(CHUNK):
                return False
        return not second.read(1)
