"""`AppEnv`: a virtual environment for an application, made of its lock and nothing else."""

import hashlib
import os
from typing import Any

from batou import artifacts
from batou.artifacts import Artifact
from batou.component import Component
from batou.errors import UpdateNeeded
from batou.lib.file import File, Symlink, ensure_path_nonexistent
from batou.lib.python.interpreter import make_virtualenv, pip
from batou.lib.python.packages import has_hashes
from batou.lib.python.wheels import (
    LIST,
    logical_lines,
    offline,
    pip_itself,
    staged,
    staged_wheel,
    wheels,
)

FORMAT = "1"
"""Part of each environment's name: another one has every environment made anew."""


class AppEnv(Component):
    """A virtual environment with what ``requirements.lock`` says, beside the `component.py`.

    Each lock has an environment of its own in ``.appenv/``; when it is complete,
    ``.appenv/current``, ``bin``, ``lib`` and ``pyvenv.cfg`` point to it. The one
    before is kept. *pip_version* None means the pip that Python brings along.
    """

    namevar = "python_version"

    pip_version: str | None = None

    python_version: str
    env_hash: str
    env_dir: str
    env_ready: str
    last_env_hash: str | None

    @property
    def namevar_for_breadcrumb(self) -> Any:
        return self.__dict__.get("env_hash")

    def configure(self) -> None:
        source = os.path.join(self.defdir, "requirements.lock")
        with open(source, encoding="utf-8") as file:
            lock = file.read()
        about = f"{lock}{self.python_version}{self.pip_version or ''}{FORMAT}"
        self.env_hash = hashlib.sha256(about.encode()).hexdigest()[:8]
        self.env_dir = os.path.join(".appenv", self.env_hash)
        self.env_ready = os.path.join(self.env_dir, "appenv.ready")
        self.last_env_hash = self._current()

        self += VirtualEnv(self.python_version, pip_version=self.pip_version)
        self += File(
            os.path.join(self.env_dir, "requirements.lock"), source=source, template_context=self
        )
        self += LockedRequirements(self._.content.decode())
        self += File(self.env_ready, content="")
        self += Symlink(".appenv/current", source=self.env_dir)
        for name in ("bin", "lib", "pyvenv.cfg"):
            self += Symlink(name, source=os.path.join(".appenv/current", name))
        self += CleanupUnused()

    def _current(self) -> str | None:
        try:
            return os.path.basename(os.readlink(self.map(".appenv/current")))
        except OSError:
            return None


class VirtualEnv(Component):
    """The environment of an `AppEnv`, still empty."""

    namevar = "python_version"

    pip_version: str | None = None

    python_version: str
    _ensured: Artifact
    _wanted: Artifact | None = None

    def configure(self) -> None:
        self._ensured = artifacts.want(self, pip_itself(self.python_version))
        if self.pip_version:
            line = f"pip=={self.pip_version}"
            self._wanted = artifacts.want(self, wheels(line, [line], self.python_version))

    def verify(self) -> None:
        if not os.path.exists(self.parent.env_ready):
            raise UpdateNeeded(f"{self.parent.env_ready!r} is missing")
        python = os.path.join(self.parent.env_dir, "bin", "python")
        if not os.path.exists(python):
            raise UpdateNeeded(f"{python!r} leads to no interpreter")

    def update(self) -> None:
        ensure_path_nonexistent(self.parent.env_dir)
        os.makedirs(os.path.dirname(self.parent.env_dir), exist_ok=True)
        with staged_wheel(artifacts.find(self, self._ensured)) as wheel:
            make_virtualenv(f"python{self.python_version}", self.parent.env_dir, wheel)
        if self._wanted is None:
            return
        with staged_wheel(artifacts.find(self, self._wanted)) as wheel:
            options = offline(os.path.dirname(wheel)) if wheel else []
            env_pip(self.parent, "install", *options, f"pip=={self.pip_version}")


class LockedRequirements(Component):
    """The packages of an `AppEnv`, as *lock* has them."""

    namevar = "lock"

    lock: str
    _wheels: Artifact

    @property
    def namevar_for_breadcrumb(self) -> Any:
        return None

    def configure(self) -> None:
        lines = logical_lines(self.lock)
        artifact = wheels("requirements.lock", lines, self.parent.python_version)
        self._wheels = artifacts.want(self, artifact)

    def verify(self) -> None:
        if not os.path.exists(self.parent.env_ready):
            raise UpdateNeeded(f"{self.parent.env_ready!r} is missing")

    def update(self) -> None:
        lock = os.path.join(self.parent.env_dir, "requirements.lock")
        with open(lock, encoding="utf-8") as file:
            options = ["--require-hashes"] if has_hashes(file.read()) else []
        found = artifacts.find(self, self._wheels)
        if found:
            with staged(found) as directory:
                shipped = os.path.join(directory, LIST)
                options = ["--require-hashes", *offline(directory), "-r", shipped]
                env_pip(self.parent, "install", "--no-deps", *options)
        else:
            env_pip(self.parent, "install", "--no-deps", *options, "-r", lock)
        env_pip(self.parent, "check")


def env_pip(appenv: Component, *args: str) -> None:
    """Run pip in the environment of an `AppEnv`, as its configuration and variables say."""
    python = os.path.join(appenv.workdir, appenv.env_dir, "bin", "python")  # type: ignore[attr-defined]
    pip(python, *args, timeout=appenv.environment.timeout)


class CleanupUnused(Component):
    """No environment but the current one and that before."""

    def _unused(self) -> list[str]:
        keep = {self.parent.env_hash, self.parent.last_env_hash, "current"}
        try:
            return sorted(set(os.listdir(".appenv")) - keep)
        except FileNotFoundError:
            return []

    def verify(self) -> None:
        if unused := self._unused():
            raise UpdateNeeded(f"unused: {', '.join(unused)}")

    def update(self) -> None:
        for name in self._unused():
            ensure_path_nonexistent(os.path.join(".appenv", name))
