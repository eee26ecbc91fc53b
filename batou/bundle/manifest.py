"""`Manifest`: what a target directory is to contain. Pure.

The format is stage zero's, which reads it on the host; see `batou.agent.stage0`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from batou.agent.stage0 import CHUNK, FORMAT


@dataclass(frozen=True, order=True)
class Entry:
    """A file with its mode, size and the digests of its chunks, or a link."""

    path: str
    mode: int = 0o644
    size: int = 0
    chunks: tuple[str, ...] = ()
    link: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """The entry as stage zero reads it."""
        if self.link is not None:
            return {"path": self.path, "link": self.link}
        return {
            "path": self.path,
            "mode": self.mode,
            "size": self.size,
            "chunks": list(self.chunks),
        }

    def below(self, directory: str) -> "Entry":
        """The same entry in *directory*."""
        return Entry(f"{directory}/{self.path}", self.mode, self.size, self.chunks, self.link)


@dataclass(frozen=True)
class Manifest:
    """Entries, sorted by path; equal content has an equal digest on every machine."""

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Manifest":
        """A manifest of *entries*; raises ValueError if two have one path."""
        ordered = tuple(sorted(entries, key=lambda entry: entry.path))
        for one, other in pairwise(ordered):
            if one.path == other.path:
                raise ValueError(f"two files for {one.path!r}")
        return cls(ordered)

    def to_wire(self) -> dict[str, Any]:
        """The manifest as stage zero reads it."""
        return {"format": FORMAT, "entries": [entry.to_wire() for entry in self.entries]}

    def canonical(self) -> bytes:
        """The manifest as JSON with sorted keys and without blanks."""
        return json.dumps(
            self.to_wire(), sort_keys=True, separators=(",", ":"), ensure_ascii=True
        ).encode()

    @property
    def digest(self) -> str:
        """The sha256 of the canonical form, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)

    def chunks(self) -> dict[str, tuple[str, int]]:
        """Where each chunk is: path of an entry that has it, and offset in bytes."""
        places: dict[str, tuple[str, int]] = {}
        for entry in self.entries:
            for number, digest in enumerate(entry.chunks):
                places.setdefault(digest, (entry.path, number * CHUNK))
        return places


def changes(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> dict[str, str]:
    """What differs between two manifests by path: ``added``, ``changed`` or ``removed``.

    >>> changes({"a": Entry("a"), "b": Entry("b")}, {"b": Entry("b", 0o755), "c": Entry("c")})
    {'a': 'removed', 'b': 'changed', 'c': 'added'}
    """
    found = {}
    for path in sorted({*before, *after}):
        if path not in after:
            found[path] = "removed"
        elif path not in before:
            found[path] = "added"
        elif before[path] != after[path]:
            found[path] = "changed"
    return found
