"""`Cache`: what the controller keeps of bundles, by content; what is used no more goes."""

import json
import os
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import count
from typing import Any

from batou.bundle.tree import Digests

KEEP = 2
"""Runs of each environment that are remembered."""

YOUNG = 3600.0
"""Seconds for which nothing is collected: another batou may be about to use it."""

KINDS = ("revisions", "wheels", "wanted", "artifacts", "repositories")
"""What is collected."""


class Cache:
    """A directory of directories and texts, each made once. Threads may share it.

    Kinds are ``revisions`` by commit, ``wheels`` by sha256 (unpacked), ``wanted``
    (texts: what answers a question), ``artifacts`` by sha256, and ``repositories``
    (mirrors that artifacts are taken from).
    """

    def __init__(self, directory: str) -> None:
        self.place = os.path.abspath(directory)
        self.digests = Digests(os.path.join(self.place, "digests.json"))
        self._used: set[str] = set()
        self._guards: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()
        self._numbers = count()

    def directory(self, kind: str, name: str, make: Callable[[str], None]) -> str:
        """The directory called *name*; *make* fills an empty one if it is not there."""
        path = self.use(kind, name)
        with self._lock(path):
            if not os.path.isdir(path):
                temporary = self.temporary(kind)
                os.makedirs(temporary)
                try:
                    make(temporary)
                    with suppress(FileExistsError):  # another process was faster
                        _rename(temporary, path)
                finally:
                    shutil.rmtree(temporary, ignore_errors=True)
        return path

    def text(self, kind: str, name: str, make: Callable[[], str]) -> str:
        """The text called *name*; *make* says what it is if it is not there."""
        path = self.use(kind, name)
        with self._lock(path):
            with suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
                return file.read()
            made = make()
            temporary = self.temporary(kind)
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(made)
            os.replace(temporary, path)
        return made

    def forget(self, kind: str, name: str) -> None:
        """Remove a text, so that it is made again."""
        with suppress(FileNotFoundError):
            os.remove(os.path.join(self.place, kind, name))

    def age(self, kind: str, name: str) -> float:
        """Seconds since it was made; infinite if there is none."""
        try:
            return time.time() - os.lstat(self.use(kind, name)).st_mtime
        except FileNotFoundError:
            return float("inf")

    def use(self, kind: str, name: str) -> str:
        """The path of something, which this run uses."""
        with self._guard:
            self._used.add(f"{kind}/{name}")
        return os.path.join(self.place, kind, name)

    def temporary(self, kind: str) -> str:
        """A path beside those of *kind* that nobody else writes to."""
        self.make_room(kind)
        return os.path.join(self.place, kind, f".{os.getpid()}-{next(self._numbers)}.new")

    def make_room(self, kind: str) -> None:
        """Make the directory of *kind*."""
        os.makedirs(os.path.join(self.place, kind), mode=0o700, exist_ok=True)

    def _lock(self, path: str) -> threading.Lock:
        with self._guard:
            return self._guards[path]

    # The end of a run

    def remember(self, label: str) -> None:
        """Write what this run has used, and what is known of files; *label* is its environment."""
        self.digests.save()
        runs = self._runs()
        with self._guard:
            used = sorted(self._used)
        if not used:
            return  # a run that came to nothing
        before = [names for names in runs.get(label, []) if names != used]
        after = {**runs, label: [used, *before][:KEEP]}
        if after != runs:
            temporary = self.temporary(".")
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(after, file, indent=1, sort_keys=True)
            os.replace(temporary, os.path.join(self.place, "used.json"))

    def _runs(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            with open(os.path.join(self.place, "used.json"), encoding="utf-8") as file:
                runs = json.load(file)
            return runs if isinstance(runs, dict) else {}
        return {}

    def collect_garbage(self, labels: Collection[str], now: float | None = None) -> list[str]:
        """Remove what the last runs of environments *labels* did not use; returns its names."""
        now = time.time() if now is None else now
        runs = self._runs()
        with self._guard:
            used = set(self._used)
        used.update(name for label in labels for names in runs.get(label, []) for name in names)
        gone = []
        for kind in KINDS:
            for name in _entries(os.path.join(self.place, kind)):
                path = os.path.join(self.place, kind, name)
                if f"{kind}/{name}" not in used and _age(path, now) > YOUNG:
                    self._remove(kind, path)
                    gone.append(f"{kind}/{name}")
        return gone

    def _remove(self, kind: str, path: str) -> None:
        """Remove at once: what is half removed must not look as if it were there."""
        temporary = self.temporary(kind)
        with suppress(FileNotFoundError):
            os.rename(path, temporary)
            if os.path.isdir(temporary):
                shutil.rmtree(temporary)
            else:
                os.remove(temporary)


def _rename(path: str, to: str) -> None:
    """Rename a directory; raises FileExistsError if there is something."""
    try:
        os.rename(path, to)
    except OSError:
        if os.path.isdir(to):
            raise FileExistsError(to) from None
        raise


def _entries(directory: str) -> list[str]:
    with suppress(FileNotFoundError):
        return sorted(os.listdir(directory))
    return []


def _age(path: str, now: float) -> float:
    """Seconds since *path* was made or written; 0 if it is gone."""
    with suppress(FileNotFoundError):
        return now - os.lstat(path).st_mtime
    return 0.0
