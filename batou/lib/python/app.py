"""`App`: an application in an environment of its own, switched to when it is complete."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from batou import artifacts
from batou.artifacts import Artifact
from batou.component import Component
from batou.errors import ConfigurationError, DeploymentError, UpdateNeeded, listing
from batou.lib.file import Symlink, ensure_path_nonexistent
from batou.lib.file.writing import replace_link
from batou.lib.python.interpreter import find_python, make_virtualenv, pip
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
from batou.process import cmd

FORMAT = "1"
"""Part of each release's name: another one has every release made anew."""

READY = ".batou.ready"


class AppUsageError(ConfigurationError):
    """`App` is used wrongly."""


@dataclass(eq=False)
class MissingProgram(DeploymentError):
    """What was installed lacks a program that is wanted of it."""

    app: str
    program: str
    found: tuple[str, ...]

    def summary(self) -> str:
        return f"the packages of {self.app!r} have no program {self.program!r}"

    def hint(self) -> str | None:
        return f"they have {listing(self.found)}"


class App(Component):
    """An application: what a requirements file locks, with *programs* linked into ``bin``.

    Each combination of requirements and interpreter is a release: a virtual environment
    in a directory of its own, ``NAME/HASH``. When it is complete, ``NAME/current`` is
    pointed to it, all at once; so this has changed only if the application is another
    one. *keep* earlier releases stay.

    *requirements* is relative to the definition's directory. Each has to have a hash,
    unless *require_hashes* is off.
    """

    namevar = "name"

    name: str
    requirements = "requirements.lock"
    python = "3"
    executable: str | None = None
    programs: Iterable[str] = ()
    keep = 1
    require_hashes = True
    env: Mapping[str, str] | None = None
    install_options: Sequence[str] = ()

    directory: str
    """Of all releases."""
    current: str
    """The link to the one that is used."""

    def configure(self) -> None:
        self.executable = self.executable or f"python{self.python}"
        self.directory = os.path.join(self.workdir, self.name)
        self.current = os.path.join(self.directory, "current")
        if isinstance(self.programs, str):
            self.programs = [self.programs]
        self += Release(self.name, app=self)
        for program in self.programs:
            source = os.path.join(self.current, "bin", program)
            self += Symlink(os.path.join("bin", program), source=source, leading=True)


class Release(Component):
    """The release of an `App` that its requirements ask for; the one that is used."""

    namevar = "name"

    name: str
    app: "App | None" = None

    _app: App
    _source: str
    _text: str
    _pip: Artifact
    _wheels: Artifact

    def configure(self) -> None:
        assert self.app is not None
        app = self._app = self.app
        self._source = os.path.join(self.defdir, app.requirements)
        with open(self._source, encoding="utf-8") as file:
            self._text = file.read()
        if app.require_hashes and logical_lines(self._text) and not has_hashes(self._text):
            raise AppUsageError(
                f"{app.requirements!r} of {app.name!r} has no hashes: lock it with "
                "pip-compile --generate-hashes, or give require_hashes=False",
                self,
            )
        directory = os.path.dirname(self._source)
        lines, options = logical_lines(self._text), list(app.install_options)
        self._pip = artifacts.want(self, pip_itself(app.python))
        self._wheels = artifacts.want(
            self,
            wheels(app.requirements, lines, app.python, False, options, directory, app.env),
        )

    def verify(self) -> None:
        wanted = self._wanted()
        found = self._used()
        if found is None:
            raise UpdateNeeded("not installed")
        if found != wanted:
            raise UpdateNeeded(f"release is {found}, wanted {wanted}")
        if not self._is_ready(wanted):
            raise UpdateNeeded(f"release {wanted} is damaged")

    def _wanted(self) -> str:
        """The name of the release: the beginning of a sha256 in hex."""
        script = "import os, sys; print(sys.version, os.path.realpath(sys.executable))"
        python, _ = cmd([find_python(str(self._app.executable)), "-I", "-S", "-c", script])
        about = [FORMAT, self._text, python, list(self._app.install_options)]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16]

    def _used(self) -> str | None:
        try:
            return os.path.basename(os.readlink(self._app.current))
        except OSError:
            return None

    def _place(self, release: str) -> str:
        return os.path.join(self._app.directory, release)

    def _is_ready(self, release: str) -> bool:
        place = self._place(release)
        return os.path.isfile(os.path.join(place, READY)) and os.path.exists(
            os.path.join(place, "bin", "python")
        )

    def update(self) -> None:
        wanted, before = self._wanted(), self._used()
        if not self._is_ready(wanted):
            self._make(self._place(wanted))
        replace_link(self._app.current, wanted)
        self._collect(wanted, before)

    def _make(self, place: str) -> None:
        ensure_path_nonexistent(place)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with staged_wheel(artifacts.find(self, self._pip)) as wheel:
            make_virtualenv(str(self._app.executable), place, wheel)
        self._install(os.path.join(place, "bin", "python"))
        self._require_programs(os.path.join(place, "bin"))
        with open(os.path.join(place, READY), "w"):
            pass

    def _install(self, python: str) -> None:
        app, found = self._app, artifacts.find(self, self._wheels)
        options = ["install", "--no-deps", *app.install_options]
        common = {"timeout": app.environment.timeout, "env": app.env}
        if found:
            with staged(found) as directory:
                shipped = [*offline(directory), "-r", os.path.join(directory, LIST)]
                pip(python, *options, "--require-hashes", *shipped, **common)
        else:
            strict = ["--require-hashes"] if has_hashes(self._text) else []
            folder = os.path.dirname(self._source)
            pip(python, *options, *strict, "-r", self._source, cwd=folder, **common)
        pip(python, "check")

    def _require_programs(self, directory: str) -> None:
        """Raise MissingProgram if one is not in *directory*."""
        found = set(os.listdir(directory))
        for program in self._app.programs:
            if program not in found:
                known = {name for name in found if not name.startswith(PYTHONS)}
                raise MissingProgram(self._app.name, program, tuple(sorted(known)))

    def _collect(self, used: str, before: str | None) -> None:
        """Remove the releases that are neither used nor kept; the newest are kept."""
        if before is not None and before != used and self._is_ready(before):
            os.utime(self._place(before))  # it was used until now
        others = [
            entry
            for entry in os.scandir(self._app.directory)
            if entry.name != used and entry.is_dir(follow_symlinks=False)
        ]
        others.sort(key=lambda entry: (self._is_ready(entry.name), entry.stat().st_mtime_ns))
        for entry in others[: max(0, len(others) - self._app.keep)]:
            ensure_path_nonexistent(entry.path)


PYTHONS = ("python", "pip", "activate", "Activate")
"""What every environment has in its ``bin``."""
