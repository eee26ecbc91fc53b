"""`Artifacts`: files that components want on hosts, each named by its content."""

import os
import shutil
import threading

from batou.bundle.bundle import Part
from batou.bundle.cache import Cache
from batou.bundle.errors import ArtifactDiffers
from batou.process import hash_file

PREFIX = ".batou/artifacts"
"""Where hosts find artifacts, below the target."""


class Artifacts:
    """Files to be shipped, kept in *cache* by their sha256. Threads may share it."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._guard = threading.Lock()
        self._digests: set[str] = set()

    def add(self, path: str | os.PathLike[str], sha256: str | None = None) -> str:
        """Ship a copy of the file *path*; returns its sha256, in hex.

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
        with self._guard:
            self._digests.add(digest)
        return digest

    def add_known(self, sha256: str) -> bool:
        """Ship the artifact with that sha256 if an earlier run has kept it; whether it has."""
        found = os.path.isfile(self._cache.use("artifacts", sha256))
        if found:
            with self._guard:
                self._digests.add(sha256)
        return found

    def part(self) -> Part:
        """All artifacts as a part of a bundle."""
        with self._guard:
            digests = sorted(self._digests)
        base = os.path.join(self._cache.place, "artifacts")
        return Part.of(base, digests, self._cache.digests, PREFIX)
