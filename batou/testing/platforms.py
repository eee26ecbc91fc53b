"""`Platform`: what stands for the hosts of a platform in tests, as its folder says."""

import hashlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from batou.testing.errors import InvalidPlatform, UnknownPlatform

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "platform.toml"
SHARED = "base"
"""The folder that every recipe may copy from; not a platform."""

TEXTS = ("name", "base", "python", "package_manager", "init")
LISTS = ("packages", "entry", "init_entry", "sshd")
OPTIONAL = ("packages", "init_entry", "sshd")


@dataclass(frozen=True)
class Platform:
    """How containers of a platform are made, and what is in them."""

    folder: Path
    name: str
    base: str
    python: str
    package_manager: str
    init: str
    entry: tuple[str, ...]
    """What runs as process 1: it must reap, and end at SIGTERM."""

    init_entry: tuple[str, ...]
    """Process 1 of hosts whose services an init system looks after."""

    sshd: tuple[str, ...]
    packages: tuple[str, ...]
    suite: str
    """Of the Debian that stands in for the base where no registry answers; may be empty."""

    stand_in_packages: tuple[str, ...]
    caveat: str
    """What the image really is, if it is never what it stands for."""

    def recipe(self) -> dict[str, Path]:
        """The files of the recipe by their name in the build, those of ``base/`` among them."""
        shared = containers() / SHARED
        return {
            **{f"{SHARED}/{name}": shared / name for name in _files(shared)},
            **{name: self.folder / name for name in _files(self.folder)},
        }

    def digest(self, base: str) -> str:
        """A name for what the recipe makes of *base*: 12 hex digits."""
        result = hashlib.sha256(f"{base}\0".encode())
        for name, path in sorted(self.recipe().items()):
            mode = os.access(path, os.X_OK)
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            result.update(f"{name}\0{mode}\0{content}\0".encode())
        return result.hexdigest()[:12]


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix()


def containers() -> Path:
    """The folder of the platforms that come with batou."""
    return Path(str(files("batou.testing").joinpath("containers")))


def folders(project: str | os.PathLike[str] | None = None) -> dict[str, Path]:
    """The folders of all platforms by name; those of *project* win."""
    found = {}
    for place in [containers(), *([Path(project, "containers")] if project else [])]:
        for file in sorted(place.glob(f"*/{FILE}")):
            found[file.parent.name] = file.parent
    return found


def platform(name: str, project: str | os.PathLike[str] | None = None) -> Platform:
    """The platform called *name*, of *project* or of batou.

    Raises UnknownPlatform, and InvalidPlatform if its file is not as expected.
    """
    known = folders(project)
    if name not in known:
        raise UnknownPlatform(name, sorted(known))
    return read(known[name])


def read(folder: Path) -> Platform:
    """The platform that *folder* describes; raises InvalidPlatform, and OSError without file."""
    path = folder / FILE
    values = _toml(path)
    stand_in = values.pop("stand_in", {})
    if not isinstance(stand_in, dict):
        raise InvalidPlatform(str(path), "'stand_in' must be a table")
    caveat = _text(path, "caveat", values.pop("caveat", ""))
    unknown = sorted({*values} - {*TEXTS, *LISTS}) + sorted({*stand_in} - {"suite", "packages"})
    if unknown:
        raise InvalidPlatform(str(path), f"unknown key {unknown[0]!r}")
    texts = {key: _text(path, key, values.get(key)) for key in TEXTS}
    lists = {
        key: _list(path, key, values.get(key, [] if key in OPTIONAL else None)) for key in LISTS
    }
    if texts["name"] != folder.name:
        raise InvalidPlatform(str(path), f"the name is {texts['name']!r}, its folder's is not")
    return Platform(
        folder=folder,
        name=texts["name"],
        base=texts["base"],
        python=texts["python"],
        package_manager=texts["package_manager"],
        init=texts["init"],
        entry=lists["entry"],
        init_entry=lists["init_entry"],
        sshd=lists["sshd"],
        packages=lists["packages"],
        suite=_text(path, "stand_in.suite", stand_in.get("suite", "")),
        stand_in_packages=_list(path, "stand_in.packages", stand_in.get("packages", [])),
        caveat=caveat,
    )


def _text(path: Path, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidPlatform(str(path), f"{key!r} must be a text")
    return value


def _list(path: Path, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidPlatform(str(path), f"{key!r} must be a list of texts")
    return tuple(value)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidPlatform(str(path), str(error)) from None
