"""Which fetcher brings which kind of artifact.

A fetcher is a function of an `Artifact` and a `Desk` that returns `Fetched`, or
raises NotFetched. A package adds its own with an entry point of the group
``batou.fetchers``, called as the kind.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points

from batou.artifacts import Artifact
from batou.bundle.fetch.desk import Desk, Fetched, NotFetched

Fetcher = Callable[[Artifact, Desk], Fetched]

OWN = {
    "download": "batou.bundle.fetch.downloads",
    "git": "batou.bundle.fetch.git",
    "hg": "batou.bundle.fetch.mercurial",
    "made": "batou.bundle.fetch.made",
    "svn": "batou.bundle.fetch.subversion",
    "wheels": "batou.bundle.fetch.wheels",
}
"""Modules with a function ``fetch``."""

BY_INTERPRETER = frozenset({"wheels"})
"""Kinds that differ with the Python of the host."""


def fetcher(kind: str) -> Fetcher:
    """The fetcher of artifacts of that *kind*; raises NotFetched if there is none."""
    if kind in OWN:
        own: Fetcher = import_module(OWN[kind]).fetch
        return own
    for point in entry_points(group="batou.fetchers"):
        if point.name == kind:
            found: Fetcher = point.load()
            return found
    raise NotFetched(f"nothing here fetches artifacts of kind {kind!r}")
