"""The component."""

import hashlib
import os
import shutil
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from batou import artifacts
from batou.artifacts import Artifact, is_loopback
from batou.component import Component
from batou.errors import ConfigurationError, UpdateNeeded
from batou.lib.download.bringing import Wanted
from batou.lib.download.http import HttpOptions, hide_password
from batou.process import hash_file

SCHEMES = ("http", "https", "ftp", "file", "rsync")


class DownloadUsageError(ConfigurationError, ValueError, KeyError):
    """`Download` is used wrongly; ValueError and KeyError are what 2.x raised."""


class Download(Component):
    """The file at *uri*: ``http``, ``https``, ``ftp``, ``file`` or ``rsync``.

    *checksum* is ``algorithm:hex`` with a name of hashlib; after configure it is
    the hex digits and ``checksum_function`` the name. *target* is relative to the
    work directory, by default the last part of the URI's path. Of
    *requests_kwargs* those in `HttpOptions` are known.

    An interrupted download is kept as ``<target>.part`` and continued. The
    controller fetches it if it can, and ships it.
    """

    namevar = "uri"

    target: Any = None
    checksum: Any = None  # shadows the method, as in 2.x
    requests_kwargs: Mapping[str, Any] | None = None

    uri: str
    checksum_function: str
    _options: HttpOptions

    @property
    def namevar_for_breadcrumb(self) -> str:
        return hide_password(self.uri)

    def configure(self) -> None:
        scheme, _, path, _, _ = urlsplit(self.uri)
        if scheme not in SCHEMES:
            self._refuse(f"has scheme {scheme!r}, wanted one of {', '.join(SCHEMES)}")
        if not self.target:
            self.target = path.rpartition("/")[2]
        if not self.target:
            self._refuse("names no file: give target='NAME'")
        self._split_checksum()
        self._options = HttpOptions.of(self.requests_kwargs or {}, self)
        artifacts.want(self, self._artifact())

    def _split_checksum(self) -> None:
        if not self.checksum:
            self._refuse("has no checksum: give checksum='sha256:…'")
        function, colon, digits = self.checksum.partition(":")
        if not (colon and digits):
            self._refuse(f"has checksum {self.checksum!r}, wanted 'algorithm:hex'")
        try:
            is_usable = hashlib.new(function).digest_size > 0
        except ValueError:
            is_usable = False
        if not is_usable:
            self._refuse(f"has checksum algorithm {function!r}, wanted one like 'sha256'")
        self.checksum_function, self.checksum = function, digits.strip().lower()

    def _refuse(self, problem: str) -> None:
        raise DownloadUsageError(f"download of {hide_password(self.uri)!r} {problem}", self)

    def verify(self) -> None:
        if not os.path.isfile(self.target):
            raise UpdateNeeded(f"{self.target!r} is missing")
        found = hash_file(self.target, self.checksum_function)
        if found != self.checksum:
            raise UpdateNeeded(f"checksum is {found}, wanted {self.checksum}")

    def update(self) -> None:
        os.makedirs(os.path.dirname(self.target) or ".", exist_ok=True)
        part = f"{self.target}.part"
        found = artifacts.find(self, self._artifact())
        if found:
            shutil.copyfile(found.path, part)
        else:
            self._wanted().bring(part)
        os.replace(part, self.target)

    def _wanted(self) -> Wanted:
        return Wanted(
            self.uri, self.checksum_function, self.checksum, self._options, self._breadcrumbs
        )

    def _artifact(self) -> Artifact:
        """The file as an artifact: whatever the URL, one checksum stands for one content."""
        parts = urlsplit(self.uri)
        return Artifact(
            "download",
            (self.checksum_function, self.checksum),
            hide_password(self.uri),
            {"wanted": self._wanted()},
            is_local=parts.scheme == "file" or is_loopback(parts.hostname or ""),
        )
