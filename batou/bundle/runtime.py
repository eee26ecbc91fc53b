"""What runs on a host besides its own Python: batou below the shipping line, and libraries.

Pure Python packages are taken from the environment that batou runs in, which is
made from the project's lock. Compiled ones are taken from there if the host's
interpreter is of the same kind; otherwise `batou.bundle.wheels` gets them.
"""

import importlib.metadata
import os
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

import batou

CONTROLLER = frozenset(
    {
        "bundle",
        "cli",
        "deploy",
        "migrate",
        "project",
        "provision",
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


@dataclass(frozen=True)
class Interpreter:
    """The kind of a host's Python, as stage zero tells it."""

    implementation: str
    version: tuple[int, int]
    machine: str
    system: str
    libc: tuple[str, str]

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Interpreter":
        """The kind that a host's *facts* describe."""
        libc = facts.get("libc") or ["", ""]
        return cls(
            str(facts["implementation"]),
            (int(facts["python"][0]), int(facts["python"][1])),
            str(facts["machine"]),
            str(facts["system"]),
            (str(libc[0]), str(libc[1])),
        )

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How names of compiled modules end that it can load."""
        major, minor = self.version
        return (f".cpython-{major}{minor}-", ".abi3.so")


def batou_files() -> tuple[str, list[str]]:
    """The directory that has the package ``batou``, and the files of it that hosts get."""
    package = Path(batou.__file__).parent
    found = []
    for path in sorted(package.rglob("*")):
        relative = path.relative_to(package)
        if path.is_dir() or "__pycache__" in relative.parts or relative.parts[0] in CONTROLLER:
            continue
        if str(relative) not in DOORS:
            found.append(f"batou/{relative}")
    return str(package.parent), found


def distributions(wanted: Iterable[str]) -> list[importlib.metadata.Distribution]:
    """*wanted* and all that they require, as installed here; what is not installed is left out."""
    found: dict[str, importlib.metadata.Distribution] = {}
    todo = [str(canonicalize_name(name)) for name in wanted]
    while todo:
        name = todo.pop()
        if name in found or name == "batou":
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = distribution
        todo.extend(_requirements(distribution))
    return [found[name] for name in sorted(found)]


def _requirements(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for line in distribution.requires or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield str(canonicalize_name(requirement.name))


def files_of(distribution: importlib.metadata.Distribution) -> tuple[str, list[str]]:
    """Where a distribution lies, and those of its files that can be imported or read there."""
    base = str(Path(str(distribution.locate_file(""))))
    paths = []
    for file in distribution.files or ():
        path = str(file)
        if path.startswith("..") or "__pycache__" in path or path.endswith((".pyc", ".pth")):
            continue
        if os.path.isfile(os.path.join(base, path)):
            paths.append(path)
    return base, sorted(paths)


def compiled(paths: Iterable[str]) -> list[str]:
    """Those of *paths* that only some interpreters can load."""
    return [path for path in paths if path.endswith((".so", ".pyd", ".dylib"))]


def is_same_kind(interpreter: Interpreter) -> bool:
    """Whether the host's Python loads what is compiled for ours."""
    import platform
    import sys

    here = Interpreter(
        sys.implementation.name,
        sys.version_info[:2],
        platform.machine(),
        platform.system(),
        platform.libc_ver(),
    )
    same = (interpreter.implementation, interpreter.version, interpreter.machine)
    if same != (here.implementation, here.version, here.machine):
        return False
    return (interpreter.system, interpreter.libc[0]) == (here.system, here.libc[0]) and (
        _version(interpreter.libc[1]) >= _version(here.libc[1])
    )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def editable(distribution: importlib.metadata.Distribution) -> bool:
    """Whether a distribution is a link to its sources."""
    import json

    text = distribution.read_text("direct_url.json")
    return bool(text and json.loads(text).get("dir_info", {}).get("editable"))


def platform_tag() -> str:
    """The platform that compiled packages here are made for."""
    return sysconfig.get_platform()
