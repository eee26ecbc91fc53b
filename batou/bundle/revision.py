"""A committed revision as the source of a bundle, after the checks that 2.x makes."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from batou.bundle.cache import Cache
from batou.bundle.errors import (
    NotPushed,
    UncommittedChanges,
    UnknownBranch,
    WrongBranch,
)
from batou.bundle.source import Source, is_shipped, shipped
from batou.bundle.tree import walk


@dataclass(frozen=True)
class Branch:
    """A branch, and the commit at its end."""

    name: str
    commit: str


class Repository(Protocol):
    """What is asked of git and Mercurial alike. Paths are relative to *root*."""

    root: str
    default: str
    """The branch that hosts get if none is set."""

    status_command: str

    def changes(self) -> list[tuple[str, str]]:
        """Lines of the status, each with the path if git or hg does not know that file."""
        ...

    def branches(self) -> list[str]:
        """The names of all branches."""
        ...

    def current(self) -> Branch:
        """What the working tree is at; the name is empty if that is no branch."""
        ...

    def commit_of(self, branch: str) -> str:
        """The commit at the end of *branch*; empty if there is none."""
        ...

    def unpushed(self, branch: Branch) -> tuple[str, list[str]]:
        """Where *branch* is pushed to, and the commits that are not there.

        Raises NothingToCompare.
        """
        ...

    def export(self, commit: str) -> tuple[str, Callable[[str], None]]:
        """A name for the files of *commit*, and what writes them into a directory."""
        ...


def revision_source(
    repository: Repository,
    base_dir: str,
    wanted: str | None,
    is_dirty_allowed: bool,
    cache: Cache,
) -> Source:
    """The files at the end of branch *wanted*.

    Raises UnknownBranch, WrongBranch, and unless *is_dirty_allowed* also
    UncommittedChanges, NotPushed and NothingToCompare.
    """
    base = os.path.relpath(os.path.realpath(base_dir), repository.root)
    branch = wanted_branch(repository, wanted)
    check_current(repository, branch)
    if not is_dirty_allowed:
        check_clean(repository, base)
        check_pushed(repository, branch)
    name, write = repository.export(branch.commit)
    directory = cache.directory("revisions", name, write)
    files = shipped(walk(directory), base)
    return Source(directory, base, tuple(files), branch.commit)


def wanted_branch(repository: Repository, wanted: str | None) -> Branch:
    """The branch that hosts are to have: as set, or the default, or else the current one."""
    name = wanted or repository.default
    commit = repository.commit_of(name)
    if commit:
        return Branch(name, commit)
    current = repository.current()
    if wanted is None and current.name and current.commit:
        return current
    raise UnknownBranch(name, shown(current), wanted is not None, tuple(repository.branches()))


def check_current(repository: Repository, branch: Branch) -> None:
    """Raise WrongBranch if the working tree is at another commit than *branch* ends with."""
    current = repository.current()
    if current.commit != branch.commit:
        raise WrongBranch(branch.name, branch.commit, shown(current), current.commit)


def check_clean(repository: Repository, base: str) -> None:
    """Raise UncommittedChanges for what is not committed; batou's own files do not count."""
    found = [line for line, unknown in repository.changes() if not _is_own(unknown, base)]
    if found:
        raise UncommittedChanges(repository.status_command, tuple(found))


def _is_own(path: str, base: str) -> bool:
    """Whether a file that is not under version control is there because batou was used."""
    name = os.path.basename(path.rstrip("/"))
    is_secret = name.startswith(("secret-", "secrets.cfg"))
    return bool(path) and not is_secret and not is_shipped(path.rstrip("/"), base)


def check_pushed(repository: Repository, branch: Branch) -> None:
    """Raise NotPushed for commits that are only here."""
    where, commits = repository.unpushed(branch)
    if commits:
        raise NotPushed(branch.name, where, tuple(commits))


def shown(current: Branch) -> str:
    """A branch for people."""
    return repr(current.name) if current.name else f"no branch ({current.commit[:12]})"
