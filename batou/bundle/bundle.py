"""`Bundle`: a manifest and where its chunks are read."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from batou.agent.stage0 import CHUNK, digest_of
from batou.bundle.errors import FileChanged
from batou.bundle.manifest import Entry, Manifest
from batou.bundle.tree import Digests, entries_of


@dataclass(frozen=True)
class Part:
    """Files below *base* on this machine, that go below *prefix* of the target."""

    base: str
    entries: tuple[Entry, ...]
    prefix: str = ""

    @classmethod
    def of(cls, base: str, paths: Iterable[str], digests: Digests, prefix: str = "") -> "Part":
        """The part that consists of *paths* below *base*."""
        return cls(base, tuple(entries_of(base, paths, digests)), prefix)

    def placed(self) -> Iterable[Entry]:
        """The entries as they are below the target."""
        return (entry.below(self.prefix) if self.prefix else entry for entry in self.entries)


@dataclass(frozen=True)
class Bundle:
    """Parts that make up what a host gets.

    *runtime* goes onto ``sys.path`` there, *base* is where the deployment is below
    the target, *revision* is the commit that the project was taken from, if any.
    """

    parts: tuple[Part, ...]
    runtime: tuple[str, ...] = field(default=())
    base: str = "."
    revision: str = ""

    def plus(self, *parts: Part) -> "Bundle":
        """The same bundle with further parts."""
        return replace(self, parts=(*self.parts, *parts))

    def prepared(self) -> "Bundle":
        """The bundle itself, with all that threads would make of it, each for itself."""
        _ = self.manifest, self.sizes
        return self

    @cached_property
    def manifest(self) -> Manifest:
        """What the target is to contain."""
        return Manifest.of(entry for part in self.parts for entry in part.placed())

    @cached_property
    def _places(self) -> dict[str, tuple[str, int, int]]:
        places: dict[str, tuple[str, int, int]] = {}
        for part in self.parts:
            for entry in part.entries:
                path = os.path.join(part.base, entry.path)
                for number, digest in enumerate(entry.chunks):
                    offset = number * CHUNK
                    places.setdefault(digest, (path, offset, min(CHUNK, entry.size - offset)))
        return places

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The bytes of each chunk."""
        return {digest: size for digest, (_, _, size) in self._places.items()}

    def read(self, digest: str) -> bytes:
        """The chunk with this digest; raises FileChanged if its file has it no more."""
        path, offset, size = self._places[digest]
        try:
            with open(path, "rb") as file:
                file.seek(offset)
                data = file.read(size)
        except FileNotFoundError:
            raise FileChanged(path) from None
        if digest_of(data) != digest:
            raise FileChanged(path)
        return data
