"""`Installed`: packages in the environment that batou runs in, which is made from the lock."""

import importlib.metadata
import json
import os
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from batou.bundle.package import Package
from batou.bundle.tree import Digests


@dataclass(frozen=True)
class Installed:
    """A distribution that is installed here."""

    distribution: importlib.metadata.Distribution

    @classmethod
    def find(cls, name: str) -> "Installed | None":
        """The distribution called *name*, if there is one."""
        try:
            return cls(importlib.metadata.distribution(name))
        except importlib.metadata.PackageNotFoundError:
            return None

    @classmethod
    def find_from(cls, place: str) -> "Installed | None":
        """The distribution that was installed from the URL *place*, if there is one."""
        for distribution in importlib.metadata.distributions():
            found = cls(distribution)
            if found._origin.get("url") and origin_of(place) == str(found._origin["url"]):
                return found
        return None

    @cached_property
    def name(self) -> str:
        """Its canonical name."""
        return str(canonicalize_name(self.distribution.metadata["Name"]))

    @cached_property
    def version(self) -> str:
        """Its version."""
        return self.distribution.version

    def has_version(self, version: str) -> bool:
        """Whether it is of that version."""
        try:
            return Version(self.version) == Version(version)
        except InvalidVersion:
            return self.version == version

    @cached_property
    def _origin(self) -> dict[str, Any]:
        """Where it came from, if not from an index (PEP 610)."""
        try:
            found = json.loads(self.distribution.read_text("direct_url.json") or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def directory(self) -> str:
        """The directory that it is a link to, if it is editable; otherwise empty."""
        if not self._origin.get("dir_info", {}).get("editable"):
            return ""
        return unquote(urlsplit(str(self._origin["url"])).path)

    def package(self) -> Package | None:
        """It as a package; None if it was not installed from a wheel."""
        files = self.distribution.files
        if self.directory or files is None or not self.distribution.read_text("WHEEL"):
            return None
        return Package.of(self.distribution, map(str, files))

    def changed_file(self, package: Package, digests: Digests) -> str:
        """A file of *package* that is not as it was installed; empty if there is none."""
        recorded = {str(file): file.hash for file in self.distribution.files or ()}
        for path in package.paths:
            place, expected = os.path.join(package.base, path), recorded[path]
            if not os.path.isfile(place):
                return path
            if expected is None or expected.mode != "sha256":
                continue
            if digests.whole(place, os.stat(place)) != _hex(expected.value):
                return path
        return ""


def origin_of(place: str) -> str:
    """The URL in a requirement, without how to read it and which revision is wanted.

    >>> origin_of("git+https://me@example.com/lib@main#egg=lib")
    'https://me@example.com/lib'
    """
    url = place.partition("#")[0]
    kind, plus, rest = url.partition("+")
    url = rest if plus and "/" not in kind else url
    head, at, tail = url.rpartition("@")
    return head if at and "/" not in tail else url


def _hex(value: str) -> str:
    """A digest as RECORD has it, in hex."""
    return urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
