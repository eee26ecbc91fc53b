"""What components will fetch: declared while they are configured, found on the host.

The controller fetches what is declared and ships it. On the host a component
asks `find` before it asks anybody else. What is not there it fetches as if there
were no controller.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from batou.errors import DeploymentError
from batou.process import hash_file

if TYPE_CHECKING:
    from batou.component import Component

DIRECTORY = os.path.join(".batou", "artifacts")
"""Where hosts keep them, below the target; each file has its sha256 for a name."""

POLICIES = ("auto", "controller", "host")
"""Who fetches: the controller if it can, the controller or else it is an error, the host."""


@dataclass(frozen=True)
class Artifact:
    """Something to be fetched.

    *kind* says how (see `batou.bundle.fetch.kinds`), *wanted* exactly what: plain
    values, the same on the controller and on the host. *name* is for people. *how*
    is what only fetching needs, such as passwords; it never leaves the controller.

    If *is_local*, the source may be another one on each machine, as a ``file:``
    URL is. Then nobody is told that the controller does not have it.
    """

    kind: str
    wanted: tuple[Any, ...]
    name: str
    how: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    is_local: bool = False

    @cached_property
    def key(self) -> str:
        """The sha256 of what is wanted, in hex.

        >>> Artifact("download", ("sha256", "00"), "a").key[:8]
        'b81a08b9'
        """
        text = json.dumps([self.kind, self.wanted], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(eq=False)
class ArtifactDamaged(DeploymentError):
    """A file that was shipped is not any more what it was."""

    path: str

    def summary(self) -> str:
        return f"artifact {self.path!r} was changed on this host, and is removed now"

    def hint(self) -> str | None:
        return "deploy again: it is shipped anew"


@dataclass(frozen=True)
class Found:
    """What was shipped for an artifact: paths of files by their names.

    *facts* are small plain values that the controller has found out, such as the
    commit at the end of a branch.
    """

    files: Mapping[str, str]
    facts: Mapping[str, Any]

    @property
    def path(self) -> str:
        """The path of the only file."""
        (path,) = self.files.values()
        return path


class Shipped:
    """What a host has in *directory*.

    *known* is, by key, ``{"files": {name: sha256}, "facts": {…}}``.
    """

    def __init__(self, directory: str = "", known: Mapping[str, Any] | None = None) -> None:
        self.directory = directory
        self.known = known or {}
        self._checked: set[str] = set()

    def facts(self, artifact: Artifact) -> Mapping[str, Any]:
        """What the controller has found out about *artifact*; empty if nothing."""
        facts: Mapping[str, Any] = self.known.get(artifact.key, {}).get("facts", {})
        return facts

    def find(self, artifact: Artifact) -> Found | None:
        """The files of *artifact*; None if they were not shipped.

        Raises ArtifactDamaged if one is not what it was.
        """
        known = self.known.get(artifact.key)
        if known is None or not known["files"]:
            return None
        digests: Mapping[str, str] = known["files"]
        files = {name: os.path.join(self.directory, digest) for name, digest in digests.items()}
        if not all(map(os.path.isfile, files.values())):
            return None
        for name, path in files.items():
            self._check(path, digests[name])
        return Found(files, known["facts"])

    def _check(self, path: str, digest: str) -> None:
        if path in self._checked:
            return
        if hash_file(path, "sha256") != digest:
            with suppress(FileNotFoundError):
                os.remove(path)
            raise ArtifactDamaged(path)
        self._checked.add(path)


# What components say and ask


def want(component: "Component", artifact: Artifact) -> Artifact:
    """Say while *component* is configured that it will want *artifact*."""
    component.__dict__.setdefault("_artifacts", []).append(artifact)
    return artifact


def find(component: "Component", artifact: Artifact) -> Found | None:
    """What was shipped to the host of *component*; None if it has to be fetched."""
    return _shipped(component).find(artifact)


def facts(component: "Component", artifact: Artifact) -> Mapping[str, Any]:
    """What the controller has found out about *artifact*, also when nothing is shipped."""
    return _shipped(component).facts(artifact)


def _shipped(component: "Component") -> Shipped:
    shipped = getattr(component.environment, "_artifacts", None)
    return shipped if isinstance(shipped, Shipped) else Shipped()


def wanted_by(component: "Component") -> "Iterator[tuple[Component, Artifact]]":
    """What *component* and those below it have said they want, each with who wants it."""
    for each in (component, *component.recursive_sub_components):
        for artifact in each.__dict__.get("_artifacts", ()):
            yield each, artifact


def is_loopback(host: str) -> bool:
    """Whether *host* is each machine's name for itself.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("example.com")
    (True, True, False)
    """
    return host in ("localhost", "::1") or host.startswith("127.")
