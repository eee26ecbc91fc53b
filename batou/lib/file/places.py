"""What is at a path, and how a directory gets there."""

import os
import stat

from batou.lib.file.removal import ensure_path_nonexistent


def make_directory(path: str, *, leading: bool = False, private: bool = False) -> None:
    """Make the directory *path* in place of whatever is there; with its parents if *leading*."""
    ensure_path_nonexistent(path)
    mode = 0o700 if private else 0o777
    if leading:
        os.makedirs(path, mode)
    else:
        os.mkdir(path, mode)


def what_is_there(path: str, wanted: str) -> str:
    """Why *path* is not *wanted*, and what its replacement would cost.

    >>> what_is_there("/does/not/exist", "a file")
    'missing'
    """
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    if stat.S_ISLNK(mode):
        return f"is a link to {os.readlink(path)!r}, wanted {wanted}"
    if not stat.S_ISDIR(mode):
        return f"is a {_kind(mode)}, wanted {wanted}"
    try:
        count = len(os.listdir(path))
    except PermissionError:
        return f"is a directory, wanted {wanted}; all it contains will be removed"
    if not count:
        return f"is an empty directory, wanted {wanted}"
    contents = "1 entry" if count == 1 else f"{count} entries"
    return f"is a directory, wanted {wanted}; its {contents} will be removed"


def _kind(mode: int) -> str:
    kinds = {stat.S_IFREG: "file", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(mode), "device")
