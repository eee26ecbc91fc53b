"""Which files of a project are shipped.

Never shipped: what belongs to version control, to batou or to the launcher, the
work directory, what git ignores, and encrypted secrets.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from batou.bundle import git

STATE = frozenset({".git", ".hg", ".svn", ".batou", ".appenv", ".kitchen", ".vagrant"})
"""Directories and files that are never shipped, at any depth."""

LEFT_OUT = STATE | {"__pycache__"}

SECRETS = re.compile(r"(environments/[^/]+/(secrets\.cfg|secret-)|secrets/[^/]+\.cfg)[^/]*$")
"""Encrypted files, below the directory of a deployment; the last as batou 1 had them."""


@dataclass(frozen=True)
class Source:
    """The files that are shipped: *files* below *directory*, sorted.

    *base* is where the deployment is below *directory*. *revision* is the commit
    that they are of; empty if they are a working tree.
    """

    directory: str
    base: str
    files: tuple[str, ...]
    revision: str = ""

    @property
    def deployment(self) -> str:
        """The directory that has ``components`` and ``environments``."""
        return os.path.normpath(os.path.join(self.directory, self.base))


def project_files(root: str, base: str = ".") -> list[str]:
    """Files of the working tree below *root* that hosts get, sorted, relative to it.

    *base* is where the deployment is below *root*; its ``work`` is not looked into.
    """
    return shipped(files_below(root, frozenset({_work(base)})), base)


def files_below(root: str, skipped: frozenset[str] = frozenset()) -> list[str]:
    """Files of a working tree, without what git ignores and without the directories *skipped*."""
    top = git.prefix(root)
    if top is not None:
        names = sorted(LEFT_OUT - {".git"})  # git knows what is its own
        patterns = [*names, *(f"/{path}" for path in sorted(skipped))]
        found = list(git.files(root, patterns, top))
        if found:  # else a repository around it ignores it as a whole
            return found
    return list(_walk(root, "", skipped))


def _walk(root: str, directory: str, skipped: frozenset[str]) -> Iterator[str]:
    """Files below *directory* of *root*, which is in no repository; some may be in it, though."""
    with os.scandir(os.path.join(root, directory)) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        path = f"{directory}{item.name}"
        if not item.is_dir(follow_symlinks=False):
            yield path
        elif item.name in LEFT_OUT or path in skipped:
            continue
        elif os.path.lexists(os.path.join(item.path, ".git")):
            inner = {other.removeprefix(f"{path}/") for other in skipped if _below(other, path)}
            yield from (f"{path}/{name}" for name in files_below(item.path, frozenset(inner)))
        else:
            yield from _walk(root, f"{path}/", skipped)


def shipped(files: Iterable[str], base: str = ".") -> list[str]:
    """Those of *files* that hosts get, sorted."""
    files = set(files)
    environments = {os.path.dirname(path) for path in files if path.endswith("/environment.cfg")}
    return sorted(path for path in files if is_shipped(path, base, environments))


def is_shipped(path: str, base: str = ".", environments: Collection[str] = ()) -> bool:
    """Whether hosts get *path*; *environments* are directories with an ``environment.cfg``.

    >>> is_shipped("components/work/component.py"), is_shipped("work/hello/a")
    (True, False)
    >>> is_shipped("environments/prod/secrets.cfg.age")
    False
    """
    *above, name = path.split("/")
    if not LEFT_OUT.isdisjoint([*above, name]) or name == ".batou-lock":
        return False
    if _below(path, _work(base)):
        return False
    if "/".join(above) in environments and name.startswith(("secrets.cfg", "secret-")):
        return False
    return not SECRETS.fullmatch(os.path.relpath(path, base))


def _work(base: str) -> str:
    return os.path.normpath(os.path.join(base, "work"))


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")
