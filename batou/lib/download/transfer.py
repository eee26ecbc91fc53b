"""Bring a URL into a file, asking for the rest whenever the line breaks."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request

from batou.errors import DeploymentError
from batou.errors.base import Rows
from batou.lib.download.http import (
    Credentials,
    HttpOptions,
    Redirects,
    hide_password,
    split_login,
)

CHUNK = 1 << 18
"""Bytes that are read, hashed and written at a time."""

MAX_RESUMES = 50
"""How often one update asks for the rest; each time it must have got further."""


@dataclass(eq=False)
class DownloadFailed(DeploymentError):
    """A file could not be fetched."""

    url: str
    component: str
    reason: str
    advice: str = ""

    def summary(self) -> str:
        reason = re.sub(r"^\[Errno -?\d+\] ", "", self.reason)
        return f"cannot download {self.url!r}: {reason}"

    def rows(self) -> Rows:
        return [("Component", self.component)]

    def hint(self) -> str | None:
        return self.advice or None


@dataclass(eq=False)
class ChecksumMismatch(DeploymentError, AssertionError):
    """What was fetched is not what was wanted; AssertionError is what 2.x raised."""

    url: str
    component: str
    wanted: str
    found: str

    def summary(self) -> str:
        return f"{self.url!r} has another checksum than wanted"

    def rows(self) -> Rows:
        return [("Component", self.component), ("Wanted", self.wanted), ("Found", self.found)]

    def hint(self) -> str | None:
        return "what was fetched is removed; if the new file can be trusted, adjust the checksum"


class Partial:
    """The ``.part`` file, with a running digest of what it holds."""

    def __init__(self, path: str, function: str) -> None:
        self.path, self.function = path, function
        self.size, self.digest = 0, hashlib.new(function)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                while chunk := file.read(CHUNK):
                    self._count(chunk)

    def _count(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        self.size += len(chunk)

    def clear(self) -> None:
        """Begin again, with nothing."""
        open(self.path, "wb").close()
        self.size, self.digest = 0, hashlib.new(self.function)

    def append(self, chunks: Iterator[bytes]) -> None:
        """Add *chunks*; what came before one of them fails is kept."""
        with open(self.path, "ab") as file:
            for chunk in chunks:
                file.write(chunk)
                self._count(chunk)
            file.flush()
            os.fsync(file.fileno())


class _Cut(Exception):
    """The line broke; what came before is in the partial file."""


class Transfer:
    """Bring a URL into a `Partial`, asking for the rest whenever the line breaks."""

    def __init__(
        self, url: str, partial: Partial, wanted: str, options: HttpOptions, component: str
    ) -> None:
        self.shown, self.component = hide_password(url), component
        self.partial, self.wanted, self.options = partial, wanted, options
        self.is_http = urlsplit(url).scheme in ("http", "https")
        self.url, login = split_login(url) if self.is_http else (url, None)
        self.credentials = Credentials(self.url, login, options)
        self.opener = options.opener(Redirects(self.credentials, options.allow_redirects))

    def run(self) -> str:
        """The digest of what was fetched, in hex.

        Raises DownloadFailed, and then leaves the partial file for the next run.
        """
        is_continued = self.partial.size > 0
        if not is_continued or self.partial.digest.hexdigest() != self.wanted:
            self._fetch()
        if is_continued and self.partial.digest.hexdigest() != self.wanted:
            self.partial.clear()  # its beginning may have been of another file
            self._fetch()
        return self.partial.digest.hexdigest()

    def _fetch(self) -> None:
        for _ in range(MAX_RESUMES):
            before = self.partial.size
            try:
                return self._fetch_rest()
            except _Cut as cut:
                if self.partial.size <= before or not self.is_http:
                    raise self._failed(str(cut)) from cut
        raise self._failed(f"the line broke {MAX_RESUMES} times")

    def _fetch_rest(self) -> None:
        if not self.is_http:
            self.partial.clear()
        start = self.partial.size
        try:
            response = self._open(start)
        except HTTPError as error:
            error.close()
            if error.code == 416 and start:  # nothing left, or another file
                if self.partial.digest.hexdigest() == self.wanted:
                    return None
                self.partial.clear()
                return self._fetch_rest()
            raise self._refused(error) from None
        with response:
            length = response.headers.get("Content-Length")
            if start and not _continues(response, start):
                self.partial.clear()
            expected = self.partial.size + int(length) if length else None
            self.partial.append(_chunks(response))
        if expected is not None and self.partial.size < expected:
            raise _Cut(f"the line broke after {self.partial.size} of {expected} bytes")
        return None

    def _open(self, start: int) -> Any:
        if not self.is_http:
            request = Request(self.url)
        else:
            request = Request(self.options.url(self.url), headers={"User-Agent": "batou"})
            self.credentials.add_to(request)
            if start:
                request.add_header("Range", f"bytes={start}-")
        try:
            return self.opener.open(request, timeout=self.options.timeouts[0])
        except HTTPError:
            raise
        except URLError as error:
            raise _Cut(_plain(error.reason)) from error
        except (OSError, HTTPException) as error:
            raise _Cut(_plain(error)) from error

    def _failed(self, reason: str) -> DownloadFailed:
        return DownloadFailed(self.shown, self.component, reason)

    def _refused(self, error: HTTPError) -> DownloadFailed:
        advice = ""
        if error.code in (401, 403):
            advice = "give requests_kwargs={'auth': (user, password)}, or an entry in ~/.netrc"
        reason = f"the server answers {error.code} {error.reason}"
        return DownloadFailed(self.shown, self.component, reason, advice)


def _continues(response: Any, start: int) -> bool:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return response.status == 206 and found is not None and int(found[1]) == start


def _chunks(response: Any) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read1(CHUNK)
        except (OSError, HTTPException) as error:
            raise _Cut(_plain(error)) from error
        if not chunk:
            return
        yield chunk


def _plain(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    return str(reason) or type(reason).__name__
