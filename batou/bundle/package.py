"""`Package`: the files of a Python package, and what it says about itself."""

import importlib.metadata
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_name

from batou.bundle.interpreter import Interpreter

KEPT = frozenset({"METADATA", "entry_points.txt", "top_level.txt"})
"""Files of a dist-info directory that hosts get; others differ with how it was installed."""

COMPILED = (".so", ".pyd", ".dylib", ".dll")


@dataclass(frozen=True)
class Package:
    """A package whose files lie below *base*, *paths* relative to it.

    *tags* are those of its wheel. *requires* are requirements as text.
    """

    name: str
    version: str
    base: str
    paths: tuple[str, ...]
    tags: frozenset[Tag]
    requires: tuple[str, ...] = ()
    requires_python: str = ""

    @classmethod
    def of(cls, distribution: importlib.metadata.Distribution, paths: Iterable[str]) -> "Package":
        """The package with the metadata of *distribution*."""
        metadata = distribution.metadata
        return cls(
            str(canonicalize_name(metadata["Name"])),
            distribution.version,
            os.path.normpath(str(distribution.locate_file(""))),
            tuple(sorted(path for path in paths if is_shipped(path))),
            frozenset(tags_of(distribution.read_text("WHEEL") or "")),
            tuple(distribution.requires or ()),
            next(iter(metadata.get_all("Requires-Python") or ()), ""),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def is_pure(self) -> bool:
        """Whether any interpreter of its Python version can load it."""
        return bool(self.tags) and all(tag.platform == "any" for tag in self.tags)

    def fits(self, interpreter: Interpreter, here: Interpreter) -> bool:
        """Whether *interpreter* can load it; *here* is where it may have been compiled."""
        if self.tags & interpreter.tags:
            return True
        own = [tag for tag in self.tags if not tag.platform.startswith(("manylinux", "musllinux"))]
        return bool(own) and not self.is_pure and interpreter.loads_compiled_for(here)

    def without_compiled(self) -> "Package":
        """The part that is plain Python."""
        paths = tuple(path for path in self.paths if not path.endswith(COMPILED))
        return replace(self, paths=paths)

    def supports(self, interpreter: Interpreter) -> bool:
        """Whether it claims to work with that version of Python."""
        try:
            wanted = SpecifierSet(self.requires_python)
        except InvalidSpecifier:
            return True
        return wanted.contains(interpreter.markers["python_full_version"], prereleases=True)

    def requirements(self) -> Iterator[Requirement]:
        """What it needs besides itself."""
        for line in self.requires:
            try:
                yield Requirement(line)
            except InvalidRequirement:
                continue


def is_shipped(path: str) -> bool:
    """Whether hosts get a file of a package.

    >>> is_shipped("jinja2/runtime.py"), is_shipped("jinja2-3.dist-info/RECORD")
    (True, False)
    """
    parts = path.split("/")
    if ".." in parts or "__pycache__" in parts or path.startswith("/"):
        return False
    if path.endswith((".pyc", ".pyo")) or (len(parts) == 1 and path.endswith(".pth")):
        return False
    return not parts[0].endswith((".dist-info", ".egg-info")) or "/".join(parts[1:]) in KEPT


def tags_of(wheel: str) -> Iterator[Tag]:
    """The tags in the text of a WHEEL file."""
    for line in re.findall(r"^Tag:\s*(\S+)\s*$", wheel, re.M):
        yield from parse_tag(line)
