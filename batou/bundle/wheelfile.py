"""Unpack wheels into directories that can stand on ``sys.path``."""

import importlib.metadata
import os
import shutil
import stat
import zipfile
from pathlib import Path

from batou.agent.stage0 import checked_path
from batou.bundle.package import Package
from batou.bundle.tree import walk

DESCRIBED = ("Name", "Version", "Requires-Python", "Requires-Dist", "Provides-Extra")
"""What is kept of the metadata of packages that we build; the rest depends on who built them."""


def unpack(wheel: str, directory: str) -> None:
    """Write the modules and the metadata of a wheel; raises Refused for paths that lead outside."""
    with zipfile.ZipFile(wheel) as archive:
        for item in archive.infolist():
            name = place_of(item.filename)
            if item.is_dir() or not name:
                continue
            path = os.path.join(directory, checked_path(name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(item) as source, open(path, "wb") as file:
                shutil.copyfileobj(source, file)
            mode = item.external_attr >> 16
            if stat.S_ISREG(mode) and mode & stat.S_IXUSR:
                os.chmod(path, 0o755)


def place_of(name: str) -> str:
    """Where a member of a wheel goes; empty if it is nothing that is imported.

    >>> place_of("a/b.py"), place_of("a-1.data/purelib/c.py"), place_of("a-1.data/scripts/d")
    ('a/b.py', 'c.py', '')
    """
    top, _, rest = name.partition("/")
    if not top.endswith(".data"):
        return name
    kind, _, inner = rest.partition("/")
    return inner if kind in ("purelib", "platlib") else ""


def package_in(directory: str) -> Package:
    """The package that was unpacked into *directory*; raises ValueError if there is not one."""
    (described,) = Path(directory).glob("*.dist-info")
    return Package.of(importlib.metadata.Distribution.at(described), walk(directory))


def simplify(directory: str) -> None:
    """Write metadata that are the same whichever version of a build tool has made the wheel."""
    (described,) = Path(directory).glob("*.dist-info/METADATA")
    metadata = importlib.metadata.Distribution.at(described.parent).metadata
    lines = ["Metadata-Version: 2.1"]
    for key in DESCRIBED:
        lines += [f"{key}: {value}" for value in metadata.get_all(key) or ()]
    described.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
