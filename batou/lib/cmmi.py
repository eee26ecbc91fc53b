"""`Build`: configure, make, make install."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from batou.component import Component
from batou.errors import UpdateNeeded
from batou.lib.archive import Extract
from batou.lib.download import Download
from batou.lib.download.http import hide_password
from batou.process import CmdExecutionError, cmd

CONFIGURED = ".batou.config.success"
MADE = ".batou.make.success"


class Marker:
    """A file that says that a step succeeded, and with what.

    What it was done with is kept as digests, for there may be secrets in it. The
    empty markers of 2.x tell nothing, and count as done with what is wanted now.
    """

    def __init__(self, path: str, **inputs: Any) -> None:
        self.path = path
        self.inputs = {key: _digest(value) for key, value in inputs.items()}

    def verify(self, *requirements: str) -> None:
        """Raise UpdateNeeded if the step is not done, or older than a requirement."""
        try:
            done = os.stat(self.path)
        except FileNotFoundError:
            raise UpdateNeeded(f"{self.path!r} is missing") from None
        for name in requirements:
            with suppress(FileNotFoundError):
                wanted = os.stat(name)
                # an unpacked file has the time it was packed, its ctime is that of unpacking
                if wanted.st_mtime_ns > done.st_mtime_ns or wanted.st_ctime_ns > done.st_ctime_ns:
                    raise UpdateNeeded(f"{name!r} is newer than {self.path!r}")
        recorded = self._read()
        for key, digest in self.inputs.items():
            if recorded.get(key, digest) != digest:
                raise UpdateNeeded(f"{key} changed")

    def _read(self) -> dict[str, Any]:
        with open(self.path) as file:
            with suppress(ValueError):
                found = json.load(file)
                return found if isinstance(found, dict) else {}
        return {}

    def write(self) -> None:
        """The step succeeded."""
        with open(self.path, "w") as file:
            json.dump(self.inputs, file)

    def remove(self) -> None:
        """The step is about to be done again."""
        with suppress(FileNotFoundError):
            os.unlink(self.path)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


class Configure(Component):
    """Run ``./configure`` in *path*.

    *args* is a list of arguments, or text in which the shell finds them.
    """

    namevar = "path"

    args: str | Sequence[str] = ""
    prefix: str | None = None
    build_environment: Mapping[str, str] | None = None

    path: str

    def configure(self) -> None:
        self.path = self.map(self.path)
        self.prefix = self.prefix or self.workdir

    def verify(self) -> None:
        if not os.path.exists(os.path.join(self.path, "config.status")):
            raise UpdateNeeded("'config.status' is missing")
        self._marker().verify(os.path.join(self.path, "configure"))

    def update(self) -> None:
        marker = self._marker()
        marker.remove()
        if os.path.exists(os.path.join(self.path, "config.status")):
            # make would take objects of the last configuration for current
            with suppress(CmdExecutionError):
                self._run(["make", "clean"])
        self._run(self._command())
        marker.write()

    def _command(self) -> list[str]:
        prefix = f"--prefix={self.prefix}"
        if not isinstance(self.args, str):
            return ["./configure", prefix, *map(str, self.args)]
        return ["/bin/sh", "-c", f'exec ./configure "$1" {self._text()}', "configure", prefix]

    def _text(self) -> str:
        return self.expand(self.args) if isinstance(self.args, str) else ""

    def _marker(self) -> Marker:
        arguments = [self.prefix, self._text() or [str(word) for word in self.args]]
        path = os.path.join(self.path, CONFIGURED)
        return Marker(path, arguments=arguments, environment=dict(self.build_environment or {}))

    def _run(self, command: list[str]) -> None:
        cmd(command, env=self.build_environment, cwd=self.path)


class Make(Component):
    """Run ``make install`` in *path*."""

    namevar = "path"

    build_environment: Mapping[str, str] | None = None

    path: str

    def configure(self) -> None:
        self.path = self.map(self.path)

    def verify(self) -> None:
        requirements = [os.path.join(self.path, name) for name in ("Makefile", CONFIGURED)]
        self._marker().verify(*requirements)

    def update(self) -> None:
        marker = self._marker()
        marker.remove()
        cmd(["make", "install"], env=self.build_environment, cwd=self.path)
        marker.write()

    def _marker(self) -> Marker:
        path = os.path.join(self.path, MADE)
        return Marker(path, environment=dict(self.build_environment or {}))


class Build(Component):
    """Download, unpack, configure, make and install a source archive."""

    namevar = "uri"

    checksum: Any = None  # shadows the method, as in 2.x
    configure_args: str | Sequence[str] = ""
    prefix: str | None = None
    build_environment: Mapping[str, str] | None = None

    uri: str

    def configure(self) -> None:
        self += Download(self.uri, checksum=self.checksum)
        self += Extract(self._.target, strip=1)
        path = self._.target
        self += Configure(
            path,
            args=self.configure_args,
            prefix=self.prefix,
            build_environment=self.build_environment,
        )
        self += Make(path, build_environment=self.build_environment)

    @property
    def namevar_for_breadcrumb(self) -> str:
        return hide_password(self.uri)
