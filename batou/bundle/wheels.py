"""`Wheels`: packages that are not installed here as hosts need them, by pip, each once."""

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from zipfile import BadZipFile

from batou.agent.stage0 import Refused
from batou.bundle.cache import Cache
from batou.bundle.interpreter import SHORT, Interpreter
from batou.bundle.lock import Pin
from batou.bundle.manifest import Entry, Manifest
from batou.bundle.package import Package
from batou.bundle.source import files_below, project_files
from batou.bundle.tree import entries_of
from batou.bundle.wheelfile import package_in, simplify, unpack
from batou.errors import CmdExecutionError
from batou.process import cmd
from batou.project import launcher
from batou.report import output

EPOCH = "315532800"
"""The time of files in wheels that we build: 1980, the first that a zip file knows."""

TIMEOUT = 1800.0
"""Seconds after which pip is given up."""

DAY = 86400.0

NOISE = re.compile(r"Ignored the following|Could not find a version that satisfies")
"""Lines of pip that list versions; what matters is said in the next one."""

PRODUCTS = re.compile(
    r"build/(lib|bdist\.|temp\.|__editable__)|dist/[^/]+\.(whl|tar\.gz)$|(.*/)?[^/]+\.egg-info/"
)
"""What build tools leave in the directory of a package."""


class NoWheel(Exception):
    """There is no such wheel; the text is pip's answer."""


class Wheels:
    """Fetches and builds wheels for the project in *directory*; *options* are lines for pip."""

    def __init__(self, cache: Cache, directory: str, options: Sequence[str] = ()) -> None:
        self.cache = cache
        self.directory = directory
        self.options = options

    def fetch(self, pin: Pin, interpreter: Interpreter, is_optional: bool = False) -> Package:
        """The package from a wheel that *interpreter* can load; raises NoWheel.

        If it *is_optional*, then that there is none is believed for a day.
        """
        target = target_options(interpreter)
        key = launcher.digest("fetched", pin.requirement, *target)
        if is_optional:
            self._recall_failure(key)

        def make(directory: str) -> None:
            output.line(f"Fetching {pin.name} {pin.version} for {interpreter}")
            with self._pip(pin, "download", "--only-binary=:all:", *target, "--dest") as wheel:
                take(wheel, directory)

        try:
            return self._package(key, make)
        except NoWheel as error:
            answer = str(error)
            if is_optional:
                self.cache.text("wanted", key, lambda: answer)
            raise

    def build(self, pin: Pin) -> Package:
        """The package from a source distribution, a repository or an archive.

        Raises NoWheel if it cannot be built.
        """

        def make(directory: str) -> None:
            output.line(f"Building {pin.name or pin.place}")
            with self._pip(pin, "wheel", "--wheel-dir") as wheel:
                take(wheel, directory)
                simplify(directory)

        return self._package(launcher.digest("built", pin.requirement), make)

    def build_from(self, place: str, version: str = "") -> Package:
        """The package from a file or directory of this machine; made again when that changes.

        *version* is for build tools that take it from a repository, which is not
        copied. Raises NoWheel if it cannot be built.
        """
        base, name = os.path.split(place)
        if os.path.isdir(place):
            base, name = place, ""
        entries = list(entries_of(base, sources(base) if not name else [name], self.cache.digests))

        def make(directory: str) -> None:
            if name.endswith(".whl"):
                return take(place, directory)
            output.line(f"Building {os.path.basename(place)}")
            with tempfile.TemporaryDirectory() as desk:
                copy(base, entries, desk)
                pin = Pin(place=Path(desk, name).as_uri())
                told = {"SETUPTOOLS_SCM_PRETEND_VERSION": version} if version else {}
                with self._pip(pin, "wheel", "--wheel-dir", variables=told) as wheel:
                    take(wheel, directory)
            return simplify(directory)

        key = launcher.digest("built from", Manifest.of(entries).digest, version)
        return self._package(key, make)

    def _package(self, key: str, make: Callable[[str], None]) -> Package:
        return package_in(self.cache.directory("wheels", key, make))

    def _recall_failure(self, key: str) -> None:
        """Raise NoWheel if that was so within the last day."""
        path = Path(self.cache.use("wanted", key))
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime < DAY:
                raise NoWheel(path.read_text("utf-8"))
            self.cache.forget("wanted", key)

    @contextmanager
    def _pip(
        self, pin: Pin, command: str, *options: str, variables: Mapping[str, str] | None = None
    ) -> Iterator[str]:
        """The wheel that pip leaves in a directory, which is told after *options*."""
        with tempfile.TemporaryDirectory() as desk:
            asked, found = os.path.join(desk, "asked.txt"), os.path.join(desk, "found")
            Path(asked).write_text("\n".join([*self.options, pin.requirement]), "utf-8")
            words = [sys.executable, "-m", "pip", command, *options, found, "--no-deps"]
            words += ["--requirement", asked]  # a hash in there makes pip require it
            words += ["--disable-pip-version-check", "--no-input", "--retries=1"]
            env = {**(variables or {}), "SOURCE_DATE_EPOCH": EPOCH}
            try:
                cmd(words, env=env, cwd=self.directory, timeout=TIMEOUT)
            except CmdExecutionError as error:
                raise NoWheel(answer_of(error)) from None
            wheels = [name for name in os.listdir(found) if name.endswith(".whl")]
            if len(wheels) != 1:
                raise NoWheel(f"pip {command} made {', '.join(wheels) or 'nothing'}")
            yield os.path.join(found, wheels[0])


def take(wheel: str, directory: str) -> None:
    """Unpack *wheel*; raises NoWheel if it is broken."""
    try:
        unpack(wheel, directory)
        package_in(directory)
    except (Refused, BadZipFile, ValueError) as error:
        raise NoWheel(f"{os.path.basename(wheel)} is broken: {error}") from None


def target_options(interpreter: Interpreter) -> list[str]:
    """How to tell pip for which kind of interpreter a wheel is wanted."""
    platforms = list(interpreter.platforms()) or ["any"]
    short = SHORT.get(interpreter.implementation, "py")
    version = ".".join(map(str, interpreter.version))
    abi = [f"--abi={interpreter.tag}"] if interpreter.abiflags else []
    return [
        *(f"--platform={platform}" for platform in platforms),
        f"--python-version={version}",
        f"--implementation={short}",
        *abi,
    ]


def answer_of(error: CmdExecutionError) -> str:
    """What a person needs of pip's output."""
    text = "\n".join(str(part or "") for part in (error.stdout, error.stderr))
    told = [line for line in launcher.essence(text) if not line.startswith("WARNING:")]
    failures = [line.removeprefix("ERROR: ") for line in told if line.startswith("ERROR: ")]
    text = "\n".join(line for line in failures or told if not NOISE.match(line))
    return launcher.masked(text) or "nothing"


def sources(directory: str) -> list[str]:
    """Files of a package's directory that it is built from."""
    is_deployment = os.path.isdir(os.path.join(directory, "environments"))
    found = project_files(directory) if is_deployment else files_below(directory)
    return [path for path in found if not is_product(path)]


def is_product(path: str) -> bool:
    """Whether a file of a package's directory is there because it was built before.

    >>> is_product("build/lib/a.py"), is_product("a.egg-info/PKG-INFO"), is_product("a.py")
    (True, True, False)
    """
    return PRODUCTS.match(path) is not None


def copy(base: str, entries: Sequence[Entry], to: str) -> None:
    """Copy files and links, with the modes of *entries*."""
    for entry in entries:
        source, place = os.path.join(base, entry.path), os.path.join(to, entry.path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if entry.link is not None:
            os.symlink(entry.link, place)
            continue
        shutil.copyfile(source, place)
        os.chmod(place, entry.mode)
