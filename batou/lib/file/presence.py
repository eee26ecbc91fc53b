"""Something is there: `Presence` of a file, `Directory`."""

import os
from collections.abc import Sequence
from typing import Any

from batou.errors import UpdateNeeded
from batou.lib.file.base import FileComponent, stat_value
from batou.lib.file.places import make_directory, what_is_there
from batou.lib.file.removal import ensure_path_nonexistent
from batou.lib.file.sync import SyncDirectory


class Presence(FileComponent):
    """A file that exists; what else is at its path is replaced by an empty one."""

    def configure(self) -> None:
        super().configure()
        if self.leading:
            self += Directory(
                os.path.dirname(self.path), leading=self.leading, _path_is_mapped=True
            )

    def verify(self) -> None:
        if not os.path.isfile(self.path):
            raise UpdateNeeded(what_is_there(self.path, "a file"))

    def update(self) -> None:
        ensure_path_nonexistent(self.path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        os.close(os.open(self.path, flags, 0o600 if self._is_private else 0o666))

    def last_updated(self, key: str = "st_mtime", **kw: Any) -> float | None:
        """The field *key* of the file's stat, or None if it does not exist."""
        return stat_value(self.path, key)


class Directory(FileComponent):
    """A directory that exists; with *source* also what that directory contains.

    *exclude*, *verify_opts* and *sync_opts* are those of `SyncDirectory`.
    """

    source: Any = None
    exclude: Sequence[str] = ()
    verify_opts: str | None = None
    sync_opts: str | None = None

    def configure(self) -> None:
        super().configure()
        if not self.source:
            return
        options = {"verify_opts": self.verify_opts, "sync_opts": self.sync_opts}
        self += SyncDirectory(
            self.path,
            source=self.source,
            exclude=self.exclude,
            leading=self.leading,
            _path_is_mapped=True,
            _is_private=self._is_private,
            **{name: value for name, value in options.items() if value is not None},
        )

    def verify(self) -> None:
        if not os.path.isdir(self.path):
            raise UpdateNeeded(what_is_there(self.path, "a directory"))

    def update(self) -> None:
        make_directory(self.path, leading=self.leading, private=self._is_private)

    def last_updated(self, key: str = "st_mtime", **kw: Any) -> float:
        """The newest *key* of the stats of all files in it; 0 if there are none."""
        newest = 0.0
        for directory, _, names in os.walk(self.path):
            for name in names:
                newest = max(newest, stat_value(os.path.join(directory, name), key) or 0.0)
        return newest
