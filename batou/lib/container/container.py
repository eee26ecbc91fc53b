"""`Container`: a container that runs, made anew when it is to be another one."""

import hashlib
import json
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from batou.component import Component
from batou.errors import CmdExecutionError, ConfigurationError, UpdateNeeded
from batou.lib.container.engine import Engine
from batou.lib.container.errors import ContainerFailed
from batou.lib.container.image import Image, ask, checked_engine
from batou.lib.file import File

LABEL = "batou.digest"
RESTARTS = 3
"""How often the engine may restart a container until it counts as failed."""


class Container(Component):
    """A container that runs *image*: an `Image`, or what one is made of.

    *ports* and *volumes* are as for ``docker run``; a volume whose first part has a slash is a
    path, relative to the work directory. The variables *env* go through a file that is closed to
    others. *options* are further words for ``docker create``. If any of it changes, the
    container is stopped, removed, and made anew. It is restarted if one of *dependencies*, by
    default the component that added it, changed.

    It has to be up, and healthy if its image has a check, within *timeout* seconds, and to stay
    so for *settle* seconds. *stop_timeout* is what it gets to end.
    """

    namevar = "name"

    name: str
    image: Image | str = ""
    command: Iterable[str] = ()
    ports: Iterable[str] = ()
    volumes: Iterable[str] = ()
    env: Mapping[str, str] = {}
    restart = "unless-stopped"
    network: str | None = None
    run_as: str | None = None
    options: Iterable[str] = ()
    dependencies: Iterable[Component] | None = None
    timeout = 60
    settle = 1
    stop_timeout = 10
    engine: str | None = None

    _engine: Engine
    _digest: str
    _words: list[str]

    def configure(self) -> None:
        self._engine = checked_engine(self, self.engine)
        if not self.image:
            raise ConfigurationError.from_context(f"container {self.name!r} has no image", self)
        if isinstance(self.image, str):
            self.image = Image(self.image, engine=self.engine)
            self += self.image
        self.dependencies = [self.parent] if self.dependencies is None else [*self.dependencies]
        environment = self._environment()
        self._words = self._create_words()
        if environment:
            file = File(f"{self.name}.env", content=environment, is_template=False, mode=0o600)
            self += file
            self._words = [f"--env-file={file.path}", *self._words]
        about = json.dumps([self._words, environment])
        self._digest = hashlib.sha256(about.encode()).hexdigest()

    def _environment(self) -> str:
        """The text of the file of variables."""
        for key, value in self.env.items():
            if "\n" in f"{key}{value}" or "=" in key:
                raise ConfigurationError.from_context(
                    f"variable {key!r} of container {self.name!r} cannot be passed: "
                    "the engines take no line breaks, nor '=' in names",
                    self,
                )
        return "".join(f"{key}={value}\n" for key, value in self.env.items())

    def _create_words(self) -> list[str]:
        """What follows ``docker create``."""
        assert isinstance(self.image, Image)
        words = [f"--restart={self.restart}"]
        words += [f"--publish={port}" for port in self.ports]
        words += [f"--volume={self._volume(volume)}" for volume in self.volumes]
        words += [f"--network={self.network}"] if self.network else []
        words += [f"--user={self.run_as}"] if self.run_as else []
        return [*words, *self.options, self.image.local_name, *self.command]

    def _volume(self, volume: str) -> str:
        source, colon, rest = volume.partition(":")
        if not colon:
            raise ConfigurationError.from_context(
                f"volume {volume!r} of container {self.name!r} does not say where it goes, "
                "expected SOURCE:TARGET",
                self,
            )
        return f"{self.map(source) if '/' in source else source}:{rest}"

    def verify(self, predicting: bool = False) -> None:
        found = ask(self._engine, "container", self.name, predicting)
        if found is None:
            raise UpdateNeeded("there is no such container")
        if not self._is_ours(found):
            raise UpdateNeeded("it is to be another one")
        for dependency in self._changed():
            raise UpdateNeeded(f"{dependency._breadcrumb} changed")
        if not is_up(found):
            raise UpdateNeeded(f"it is {shown(found)}, wanted running")

    def _is_ours(self, found: Mapping[str, Any]) -> bool:
        """Whether a container is as this wants it to be."""
        labels = found["Config"].get("Labels") or {}
        return bool(labels.get(LABEL) == self._digest)

    def _changed(self) -> list[Component]:
        return [dependency for dependency in self.dependencies or () if dependency.changed]

    def update(self) -> None:
        found = self._engine.inspect("container", self.name)
        if found is None or not self._is_ours(found):
            self._make(is_there=found is not None)
            self._start("start")
        else:
            self._start("restart" if self._changed() or is_alive(found) else "start")
        self._wait()

    def _make(self, is_there: bool) -> None:
        """Put a new container in the place of the old one, which stays if that cannot be made."""
        new = f"{self.name}-batou-new"
        if self._engine.inspect("container", new) is not None:
            self._engine.run("rm", "--force", new)
        label = f"--label={LABEL}={self._digest}"
        try:
            self._engine.run("create", f"--name={new}", label, *self._words)
        except CmdExecutionError as error:
            raise self._failure(f"cannot be made: {str(error.stderr).strip()}", "") from None
        if is_there:
            remove(self._engine, self.name, self.stop_timeout)
        self._engine.run("rename", new, self.name)

    def _start(self, action: str) -> None:
        options = ["-t", str(self.stop_timeout)] if action == "restart" else []
        try:
            self._engine.run(action, *options, self.name)
        except CmdExecutionError as error:
            raise self._failure(f"cannot be started: {str(error.stderr).strip()}") from None

    def _wait(self) -> None:
        """Return when the container is up and stays so. Raises ContainerFailed."""
        began, up_since, restarts, first = time.monotonic(), None, None, None
        while True:
            found, now = self._engine.inspect("container", self.name), time.monotonic()
            if found is None:
                raise self._failure("has ended and is gone", "")
            count = int(found.get("RestartCount") or 0)
            first = count if first is None else first
            if not is_up(found) or count != restarts:
                up_since = None
            if is_up(found):
                up_since = now if up_since is None else up_since
                if now - up_since >= self.settle:
                    return
            restarts = count
            if count - first >= RESTARTS:
                raise self._failure(f"has ended {RESTARTS} times, wanted running")
            if not is_alive(found) and self.restart == "no":
                raise self._failure(f"is {shown(found)}, wanted running")
            if up_since is None and now - began > self.timeout:
                raise self._failure(f"is {shown(found)} after {self.timeout} s, wanted running")
            time.sleep(0.1)

    def _failure(self, problem: str, logs: str | None = None) -> ContainerFailed:
        logs = self._engine.logs(self.name) if logs is None else logs
        advice = f"see all of it on the host: {self._engine.name} logs {self.name}"
        return ContainerFailed(self.name, re.sub(r"\s*\n\s*", "; ", problem), logs, advice)


class NoContainer(Component):
    """There is no container *name*; one that is there is stopped and removed."""

    namevar = "name"

    name: str
    stop_timeout = 10
    engine: str | None = None

    _engine: Engine

    def configure(self) -> None:
        self._engine = checked_engine(self, self.engine)

    def verify(self, predicting: bool = False) -> None:
        found = ask(self._engine, "container", self.name, predicting)
        if found is not None:
            raise UpdateNeeded(f"it is {shown(found)}, wanted none")

    def update(self) -> None:
        remove(self._engine, self.name, self.stop_timeout)


def remove(engine: Engine, name: str, seconds: int) -> None:
    """Stop the container *name*, which gets *seconds* to end, and remove it."""
    engine.run("stop", "-t", str(seconds), name)
    engine.run("rm", name)


def is_up(found: Mapping[str, Any]) -> bool:
    """Whether a container runs, and says that it is healthy if it is asked."""
    state = found["State"]
    return bool(state["Status"] == "running") and health(found) in ("healthy", "")


def is_alive(found: Mapping[str, Any]) -> bool:
    """Whether a container runs, or will by itself."""
    return found["State"]["Status"] in ("running", "restarting", "paused")


def health(found: Mapping[str, Any]) -> str:
    """What the check of a container says; empty if there is none."""
    state = found["State"].get("Health") or found["State"].get("Healthcheck") or {}
    status = str(state.get("Status") or "")
    return "" if status == "none" else status


def shown(found: Mapping[str, Any]) -> str:
    """The state of a container for people."""
    state = found["State"]
    if state["Status"] == "exited":
        return f"exited with code {state['ExitCode']}"
    return ", ".join(filter(None, [state["Status"], health(found)]))
