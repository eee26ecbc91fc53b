"""`Artifacts`: files that components want on hosts, each named by its content."""

import os
import shutil
from collections.abc import Iterable

from batou.artifacts import DIRECTORY
from batou.bundle.bundle import Part
from batou.bundle.cache import Cache
from batou.bundle.errors import ArtifactDiffers
from batou.process import hash_file


class Artifacts:
    """Files to be shipped, kept in *cache* by their sha256. Threads may share it."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def add(self, path: str | os.PathLike[str], sha256: str | None = None) -> str:
        """Keep a copy of the file *path*; returns its sha256, in hex.

        Raises ArtifactDiffers if it has another one than the one given.
        """
        path = os.fspath(path)
        temporary = self._cache.temporary("artifacts")
        try:
            shutil.copyfile(path, temporary)
            digest = hash_file(temporary, "sha256")
            if sha256 is not None and digest != sha256.lower():
                raise ArtifactDiffers(path, sha256, digest)
            os.replace(temporary, self._cache.use("artifacts", digest))
        finally:
            if os.path.exists(temporary):
                os.remove(temporary)
        return digest

    def keep(self, path: str) -> str:
        """As `add`, but the file *path*, which is in the cache itself, is not there any more."""
        digest = hash_file(path, "sha256")
        os.replace(path, self._cache.use("artifacts", digest))
        return digest

    def has(self, sha256: str) -> bool:
        """Whether this or an earlier run has kept the file with that sha256."""
        return os.path.isfile(self._cache.use("artifacts", sha256))

    def part(self, digests: Iterable[str]) -> Part:
        """The files with these sha256 digests as a part of a bundle."""
        base = os.path.join(self._cache.place, "artifacts")
        return Part.of(base, sorted(set(digests)), self._cache.digests, DIRECTORY)
