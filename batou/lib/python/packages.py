"""What is installed into an environment."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from batou import artifacts
from batou.artifacts import Artifact
from batou.component import Component
from batou.errors import ConfigurationError, UpdateNeeded
from batou.lib.file import ensure_path_nonexistent
from batou.lib.python.interpreter import Inventory, is_same_version, normalized, pip
from batou.lib.python.virtualenv import VirtualEnv, VirtualEnvPyBase
from batou.lib.python.wheels import LIST, logical_lines, offline, staged, wheels


class OutsideOfVirtualEnv(ConfigurationError, TypeError):
    """Something to install was not added to a `VirtualEnv`; TypeError is what 2.x raised."""


def has_hashes(requirements: str) -> bool:
    """Whether the text of a requirements file says what its packages are by digest."""
    return re.search(r"(^|\s)--hash[= ]", requirements) is not None


class _Installed(Component):
    """Base of what is added to a `VirtualEnv`.

    *timeout* (seconds) is that of pip's connections, by default the environment's.
    """

    timeout: Any = None
    dependencies: bool = True
    env: Mapping[str, str] | None = None
    install_options: Sequence[str] = ()

    _wheels: Artifact

    def configure(self) -> None:
        if not isinstance(self.parent, VirtualEnv):
            raise OutsideOfVirtualEnv(
                f"{self._breadcrumb} is part of {self.parent!r}, wanted a VirtualEnv: "
                f"add it with venv += {type(self).__name__}(…)",
                self,
            )
        if self.timeout is None:
            self.timeout = self.environment.timeout

    def _inventory(self) -> Inventory:
        venv: VirtualEnvPyBase = self.parent.venv
        return venv.inventory()

    def _want(self, name: str, lines: Sequence[str], directory: str = "") -> None:
        """Say that the wheels of *lines* will be wanted."""
        version, options = str(self.parent.version), list(self.install_options)
        artifact = wheels(name, lines, version, self.dependencies, options, directory, self.env)
        self._wheels = artifacts.want(self, artifact)

    @contextmanager
    def _shipped(self) -> Iterator[str]:
        """The directory of the wheels that were shipped; empty if none were."""
        found = artifacts.find(self, self._wheels)
        if found is None:
            yield ""
            return
        with staged(found) as directory:
            yield directory

    def _install(self, *args: str, cwd: str | None = None) -> None:
        options = [*self.install_options, *([] if self.dependencies else ["--no-deps"])]
        python = os.path.join(self.workdir, self.parent.python)
        pip(python, "install", *options, *args, timeout=self.timeout, env=self.env, cwd=cwd)


class Package(_Installed):
    """A Python package in a `VirtualEnv`; without *version* any is fine."""

    namevar = "package"

    version: str | None = None

    package: str

    def configure(self) -> None:
        super().configure()
        self._want(self._requirement, [self._requirement])

    @property
    def _requirement(self) -> str:
        return f"{self.package}=={self.version}" if self.version else self.package

    @property
    def namevar_for_breadcrumb(self) -> str:
        return self._requirement

    def verify(self) -> None:
        found = self._inventory().packages.get(normalized(self.package))
        if found is None:
            raise UpdateNeeded("not installed")
        if self.version and not is_same_version(found, str(self.version)):
            raise UpdateNeeded(f"version is {found}, wanted {self.version}")

    def update(self) -> None:
        with self._shipped() as directory:
            self._install(*(offline(directory) if directory else []), self._requirement)


class Requirements(_Installed):
    """What a requirements file locks, in a `VirtualEnv`.

    *source* is relative to the definition's directory, and paths in it are relative
    to *source*. If it has hashes, pip installs nothing else. Locks are complete, so
    dependencies are not looked for.
    """

    namevar = "source"

    dependencies: bool = False

    source: str
    _names: frozenset[str]
    _options: list[str]
    _digest: str
    _marker: str

    def configure(self) -> None:
        super().configure()
        name = os.fspath(self.source)
        self.source = os.path.join(self.defdir, name)
        with open(self.source, encoding="utf-8") as file:
            text = file.read()
        self._names = frozenset(map(normalized, re.findall(r"^[A-Za-z0-9][\w.-]*", text, re.M)))
        self._options = ["--require-hashes"] if has_hashes(text) else []
        about = json.dumps([text, self.dependencies, list(self.install_options)])
        self._digest = hashlib.sha256(about.encode()).hexdigest()
        key = hashlib.sha256(name.encode()).hexdigest()[:8]
        self._want(name, logical_lines(text), os.path.dirname(self.source))
        marker = f".batou.requirements.{os.path.basename(name)}.{key}.success"
        self._marker = os.path.join(self.workdir, marker)

    def verify(self) -> None:
        packages = self._inventory().packages
        try:
            with open(self._marker) as file:
                digest, installed = json.load(file)
        except (FileNotFoundError, ValueError):
            raise UpdateNeeded("not installed") from None
        if digest != self._digest:
            raise UpdateNeeded(f"{self.source!r} changed")
        for name, version in installed.items():
            if packages.get(name) != version:
                raise UpdateNeeded(f"{name} is {packages.get(name, 'missing')}, wanted {version}")

    def update(self) -> None:
        ensure_path_nonexistent(self._marker)
        with self._shipped() as directory:
            if directory:
                shipped = os.path.join(directory, LIST)
                self._install("--require-hashes", *offline(directory), "-r", shipped)
            else:
                folder = os.path.dirname(self.source)
                self._install(*self._options, "-r", self.source, cwd=folder)
        packages = self._inventory().packages
        installed = {name: packages[name] for name in sorted(self._names & set(packages))}
        with open(self._marker, "w") as file:
            json.dump([self._digest, installed], file)
