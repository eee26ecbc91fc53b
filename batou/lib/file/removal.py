"""Make sure that something does not exist: `ensure_path_nonexistent`, `Purge`."""

import glob
import os
import stat

from batou.component import Component
from batou.errors import UpdateNeeded
from batou.lib.file.writing import beside


def ensure_path_nonexistent(path: str) -> None:
    """Remove a file, a link, or a directory with all it contains.

    A directory vanishes in one step: it is renamed into a fresh directory beside
    it, which is then removed. Links are never followed.
    """
    try:
        is_directory = stat.S_ISDIR(os.lstat(path).st_mode)
        if not is_directory:
            os.unlink(path)
            return
    except (FileNotFoundError, NotADirectoryError):
        return
    grave = next(beside(path))
    os.mkdir(grave, 0o700)
    try:
        os.rename(path, os.path.join(grave, "tree"))
    except FileNotFoundError:
        pass  # somebody else removed it
    finally:
        _remove_tree(grave)


def _remove_tree(path: str) -> None:
    import shutil

    try:
        shutil.rmtree(path)
    except PermissionError:
        _make_writable(path)
        shutil.rmtree(path)


def _make_writable(path: str) -> None:
    """Let us delete what is in the directories below *path*, which are ours."""
    os.chmod(path, 0o700)
    with os.scandir(path) as entries:
        directories = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    for directory in directories:
        _make_writable(directory)


def make_way(path: str) -> None:
    """Remove what is at *path*, unless it is a directory with contents.

    Raises OSError (``ENOTEMPTY``) if it is.
    """
    try:
        is_directory = stat.S_ISDIR(os.lstat(path).st_mode)
    except FileNotFoundError:
        return
    if is_directory:
        os.rmdir(path)
    else:
        os.unlink(path)


class Purge(Component):
    """Remove every file, link and directory that matches a pattern.

    ``*`` does not match names that begin with a dot. Links are removed, not
    what they point to.
    """

    namevar = "pattern"

    pattern: str

    def configure(self) -> None:
        self.pattern = self.map(self.pattern)

    def verify(self) -> None:
        if found := sorted(glob.glob(self.pattern)):
            shown = ", ".join(repr(path) for path in found[:3])
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            raise UpdateNeeded(f"to be removed: {shown}{more}")

    def update(self) -> None:
        for path in glob.glob(self.pattern):
            ensure_path_nonexistent(path)
