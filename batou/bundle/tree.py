"""Files on disk as entries of a manifest, hashed once."""

import hashlib
import json
import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from batou.agent.stage0 import CHUNK, Refused, checked_link
from batou.bundle.errors import FileChanged
from batou.bundle.manifest import Entry
from batou.process import hash_file

FORMAT = 3
"""Of what `Digests` writes."""


class Digests:
    """Remembers the chunks of files by size, times and inode, as git's index does.

    A file that was changed within the last two seconds is hashed again next
    time, because its time may not have moved when it changes once more. Threads
    may share it.
    """

    RACY = 2_000_000_000  # nanoseconds

    def __init__(self, path: str | None = None) -> None:
        self.read = 0
        """Bytes that were read because nothing was remembered of them."""
        self._path = path
        self._guard = threading.Lock()
        self._used: dict[str, Any] = {}
        self._known: dict[str, Any] = _load(path) if path else {}

    def chunks(self, path: str, status: os.stat_result) -> tuple[str, ...]:
        """The sha256 digests of the chunks of a file."""
        stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        known = self._used.get(path) or self._known.get(path)
        if known is not None and known[0] == stamp:
            found = tuple(known[1])
        else:
            found = hash_chunks(path, status.st_size)
            with self._guard:
                self.read += status.st_size
        whole = known[2] if known is not None and known[0] == stamp else ""
        with self._guard:
            self._used[path] = [stamp, list(found), whole]
        return found

    def whole(self, path: str, status: os.stat_result) -> str:
        """The sha256 of all of a file."""
        chunks = self.chunks(path, status)
        if len(chunks) < 2:
            return chunks[0] if chunks else hashlib.sha256(b"").hexdigest()
        entry = self._used[path]
        if not entry[2]:
            entry[2] = hash_file(path, "sha256")
            with self._guard:
                self.read += status.st_size
        return str(entry[2])

    def save(self, now_ns: int | None = None) -> None:
        """Write what is known of files that are still there, for the next run."""
        if self._path is None:
            return
        now_ns = time.time_ns() if now_ns is None else now_ns
        with self._guard:
            used = dict(self._used)
        unused = {path: entry for path, entry in self._known.items() if path not in used}
        lasting = {path: entry for path, entry in unused.items() if os.path.lexists(path)}
        for path, entry in used.items():
            if now_ns - max(entry[0][1:3]) > self.RACY:
                lasting[path] = entry
        if lasting == self._known:
            return
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        temporary = f"{self._path}.{os.getpid()}-{threading.get_ident()}"
        with open(temporary, "w") as file:
            json.dump({"format": FORMAT, "files": lasting}, file)
        os.replace(temporary, self._path)


def _load(path: str) -> dict[str, Any]:
    with suppress(OSError, ValueError), open(path) as file:
        content = json.load(file)
        if isinstance(content, dict) and content.get("format") == FORMAT:
            files = content.get("files")
            return files if isinstance(files, dict) else {}
    return {}


def hash_chunks(path: str, size: int) -> tuple[str, ...]:
    """The sha256 digests of the chunks of the first *size* bytes of a file.

    What is appended meanwhile is left out; raises FileChanged if bytes are missing.
    """
    found = []
    with open(path, "rb") as file:
        for rest in range(size, 0, -CHUNK):
            data = file.read(min(CHUNK, rest))
            if len(data) < min(CHUNK, rest):
                raise FileChanged(path)
            found.append(hashlib.sha256(data).hexdigest())
    return tuple(found)


def entry_of(base: str, path: str, digests: Digests, follows: bool = False) -> Entry | None:
    """The entry of a file or link below *base*; None if it is something else or gone.

    Of the mode only whether it may be executed counts, as in git: the rest is a
    matter of somebody's umask. With *follows*, a link counts as the file it leads to.
    """
    place = os.path.join(base, path)
    try:
        status = os.stat(place) if follows else os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(status.st_mode):
        return Entry(path, link=os.readlink(place))
    if not stat.S_ISREG(status.st_mode):
        return None
    mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
    chunks = digests.chunks(place, status)
    return Entry(path, mode, status.st_size, chunks)


def entries_of(
    base: str, paths: Iterable[str], digests: Digests, follows: bool = False
) -> Iterator[Entry]:
    """Entries of files and links below *base*."""
    for path in paths:
        entry = entry_of(base, path, digests, follows)
        if entry is not None:
            yield entry


def objection(entry: Entry) -> str:
    """Why a host would not take the entry; empty if it would.

    >>> objection(Entry("result", link="/nix/store/1-app"))
    "link 'result' leads to '/nix/store/1-app'"
    """
    try:
        entry.path.encode()
        if entry.link is not None:
            entry.link.encode()
            checked_link(entry.path, entry.link)
    except UnicodeEncodeError:
        return f"{os.fsencode(entry.path)!r} is not UTF-8"
    except Refused as error:
        return str(error)
    return ""


def walk(
    base: str, names: frozenset[str] = frozenset(), paths: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Files and links below *base*, relative to it.

    Directories are left out that have one of *names*, at any depth, or are one of *paths*.
    """
    todo = [""]
    while todo:
        directory = todo.pop()
        with os.scandir(os.path.join(base, directory)) as found:
            for item in sorted(found, key=lambda item: item.name):
                path = f"{directory}/{item.name}" if directory else item.name
                if not item.is_dir(follow_symlinks=False):
                    yield path
                elif item.name not in names and path not in paths:
                    todo.append(path)
