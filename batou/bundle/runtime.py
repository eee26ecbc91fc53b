"""What runs on a host besides its own Python: batou below the shipping line, and packages."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name

import batou
from batou.bundle.bundle import Part
from batou.bundle.finding import Finder
from batou.bundle.lock import Pin, applies
from batou.bundle.manifest import Entry, Manifest
from batou.bundle.package import Package
from batou.bundle.tree import Digests, entries_of, walk

CONTROLLER = frozenset(
    {
        "bundle",
        "cli",
        "deploy",
        "migrate",
        "project",
        "provision",
        "records",
        "secrets",
        "testing",
        "transport",
    }
)
"""Packages of batou above the shipping line."""

DOORS = frozenset({"fixtures.py", "main.py", "__main__.py"})
"""Doors that lead above it."""

ALWAYS = ("jinja2", "pyyaml", "remote-pdb")
"""What every host gets: templates, YAML files, and ``breakpoint()``."""

PREFIX = ".batou/runtimes"
"""Where hosts find runtimes, below the target."""

BATOU = os.path.dirname(os.path.dirname(os.path.realpath(batou.__file__)))
"""The directory that has the package ``batou``."""


@dataclass(frozen=True)
class Runtime:
    """A tree for ``sys.path``: *parts* go below *prefix*, which has the digest of their content."""

    prefix: str
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, trees: Iterable[tuple[str, Iterable[str]]], digests: Digests) -> "Runtime":
        """The tree of files as (directory, paths below it); of a path that is twice, the last."""
        found: dict[str, tuple[str, Entry]] = {}
        for base, paths in trees:
            for entry in entries_of(base, paths, digests, follows=True):
                found[entry.path] = (base, entry)
        digest = Manifest.of(entry for _, entry in found.values()).digest
        bases = dict.fromkeys(base for base, _ in found.values())
        entries = {base: tuple(e for b, e in found.values() if b == base) for base in bases}
        prefix = f"{PREFIX}/{digest}"
        return cls(prefix, tuple(Part(base, entries[base], prefix) for base in bases))


def runtime(finder: Finder, wanted: Iterable[Pin], digests: Digests) -> Runtime:
    """The runtime of a kind of host, for a project that requires *wanted*; raises PackageError."""
    packages = closure(finder, [*(Pin(name) for name in ALWAYS), *wanted])
    trees = [(package.base, package.paths) for package in packages]
    return Runtime.of([*trees, batou_files()], digests)


def closure(finder: Finder, wanted: Iterable[Pin]) -> list[Package]:
    """The packages that *wanted* and what they require stand for, sorted by name."""
    markers = finder.interpreter.markers
    found: dict[str, Package] = {}
    seen: set[tuple[str, str]] = set()
    todo = [(pin, "") for pin in wanted if pin.applies(markers)]
    while todo:
        pin, asked_by = todo.pop()
        if pin.name == "batou" or os.path.realpath(finder.local(pin) or "/") == BATOU:
            continue
        package = found.get(pin.name) or finder.find(pin, asked_by)
        found[package.name] = package
        asked = {(package.name, extra) for extra in ("", *pin.extras)}
        if asked <= seen:
            continue
        seen |= asked
        todo.extend((need, str(package)) for need in requirements(package, pin.extras, markers))
    return [found[name] for name in sorted(found)]


def requirements(
    package: Package, extras: tuple[str, ...], markers: dict[str, str]
) -> Iterator[Pin]:
    """What *package* with *extras* needs where the environment markers have these values."""
    for needed in package.requirements():
        if applies(str(needed.marker or ""), markers, extras):
            name = str(canonicalize_name(needed.name))
            yield Pin(name, place=needed.url or "", extras=tuple(sorted(needed.extras)))


def batou_files() -> tuple[str, list[str]]:
    """The directory that has the package ``batou``, and the files of it that hosts get."""
    package = os.path.join(BATOU, "batou")
    paths = [
        f"batou/{path}"
        for path in walk(package, frozenset({"__pycache__"}), CONTROLLER)
        if path not in DOORS and not os.path.basename(path).startswith(".")
    ]
    return BATOU, sorted(path for path in paths if not path.endswith(".pyc"))
