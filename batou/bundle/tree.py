"""Files on disk as entries of a manifest, hashed once."""

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from batou.agent.stage0 import CHUNK
from batou.bundle.manifest import Entry


class Digests:
    """Remembers the chunks of files by size, time and inode, as git's index does.

    A file that was changed within the last two seconds is hashed again next
    time, because its time may not have moved when it changes once more.
    """

    RACY = 2_000_000_000  # nanoseconds

    def __init__(self, path: str | None = None) -> None:
        self._path = path
        self._known: dict[str, Any] = {}
        self._used: dict[str, Any] = {}
        if path:
            with suppress(OSError, ValueError), open(path) as file:
                self._known = json.load(file)

    def chunks(self, path: str, status: os.stat_result) -> tuple[str, ...]:
        """The sha256 digests of the chunks of a file."""
        stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            found = tuple(known[1])
        else:
            found = hash_chunks(path)
        self._used[path] = [stamp, list(found)]
        return found

    def save(self, now_ns: int) -> None:
        """Write what was used, for the next run."""
        if self._path is None or self._used == self._known:
            return
        lasting = {
            path: entry for path, entry in self._used.items() if now_ns - entry[0][1] > self.RACY
        }
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        with open(self._path + ".new", "w") as file:
            json.dump(lasting, file)
        os.replace(self._path + ".new", self._path)


def hash_chunks(path: str) -> tuple[str, ...]:
    """The sha256 digests of the chunks of a file."""
    found = []
    with open(path, "rb") as file:
        while data := file.read(CHUNK):
            found.append(hashlib.sha256(data).hexdigest())
    return tuple(found)


def entry_of(base: str, path: str, digests: Digests) -> Entry | None:
    """The entry of a file or link below *base*; None if it is something else or gone.

    Of the mode only whether it may be executed counts, as in git: the rest is a
    matter of somebody's umask.
    """
    place = os.path.join(base, path)
    try:
        status = os.lstat(place)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return Entry(path, link=os.readlink(place))
    if not stat.S_ISREG(status.st_mode):
        return None
    mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    return Entry(path, mode, status.st_size, digests.chunks(place, status))


def entries_of(base: str, paths: Iterable[str], digests: Digests) -> Iterator[Entry]:
    """Entries of files and links below *base*."""
    for path in paths:
        entry = entry_of(base, path, digests)
        if entry is not None:
            yield entry


def walk(base: str, excluded: frozenset[str] = frozenset()) -> Iterator[str]:
    """Files and links below *base*, relative to it, without directories named in *excluded*."""
    todo = [""]
    while todo:
        directory = todo.pop()
        with os.scandir(os.path.join(base, directory)) as found:
            for item in sorted(found, key=lambda item: item.name):
                path = f"{directory}/{item.name}" if directory else item.name
                if item.is_dir(follow_symlinks=False):
                    if path not in excluded and item.name not in excluded:
                        todo.append(path)
                else:
                    yield path
