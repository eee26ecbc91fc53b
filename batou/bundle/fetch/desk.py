"""`Desk`: what fetchers work with."""

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import Any

from batou.bundle.artifacts import Artifacts
from batou.bundle.cache import Cache
from batou.bundle.interpreter import Interpreter


class NotFetched(Exception):
    """The controller cannot have an artifact; the text says why."""

    def __init__(self, why: str, advice: str = "") -> None:
        super().__init__(why)
        self.advice = advice


@dataclass(frozen=True)
class Fetched:
    """What was fetched for an artifact: sha256 digests of kept files by name, and small facts."""

    files: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """As hosts read it; see `batou.artifacts.Shipped`."""
        return {"files": dict(self.files), "facts": dict(self.facts)}


class Desk:
    """Keeps what fetchers bring, and remembers it for further runs.

    *directory* is that of the project. *interpreter* is the kind of Python that
    the host runs batou with; only those kinds of artifacts have one that differ
    with it.
    """

    def __init__(
        self, cache: Cache, directory: str, interpreter: Interpreter | None = None
    ) -> None:
        self.cache = cache
        self.directory = directory
        self.artifacts = Artifacts(cache)
        self._interpreter = interpreter
        self._guard = Lock()
        self._locks: defaultdict[str, RLock] = defaultdict(RLock)

    def of(self, interpreter: Interpreter) -> "Desk":
        """The same desk for hosts with that kind of Python."""
        desk = Desk(self.cache, self.directory, interpreter)
        desk._guard, desk._locks = self._guard, self._locks
        return desk

    @property
    def interpreter(self) -> Interpreter:
        """The host's kind of Python."""
        assert self._interpreter is not None, "this kind of artifact was not said to need it"
        return self._interpreter

    def remembered(self, name: str, make: Callable[[], Fetched]) -> Fetched:
        """What an earlier run has fetched as *name*; *make* fetches it if there is nothing."""
        with self.lock(name):
            known = self._recall(name)
            if known is None:
                self.cache.forget("wanted", name)
                known = make()
                text = json.dumps(known.to_wire(), sort_keys=True)
                self.cache.text("wanted", name, lambda: text)
        return known

    def _recall(self, name: str) -> Fetched | None:
        path = self.cache.use("wanted", name)
        try:
            with open(path, encoding="utf-8") as file:
                wire = json.load(file)
            known = Fetched(wire["files"], wire["facts"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        found = [self.artifacts.has(digest) for digest in known.files.values()]
        return known if all(found) else None

    @contextmanager
    def scratch(self) -> Iterator[str]:
        """A directory that is there inside the block."""
        directory = self.cache.temporary("artifacts")
        os.makedirs(directory, mode=0o700)
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One thread at a time is inside a block with that *name*."""
        with self._guard:
            lock = self._locks[name]
        with lock:
            yield
