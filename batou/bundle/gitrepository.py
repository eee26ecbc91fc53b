"""`GitRepository`: the committed revision of a Git repository, with its submodules."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator

from batou.bundle.errors import NothingToCompare, RepositoryFailed, SubmoduleBehind
from batou.bundle.git import SUBMODULE, git, lines, names
from batou.bundle.revision import Branch
from batou.report import output

Piece = tuple[str, str, str]
"""A repository's directory, a commit of it, and where its files go below the exported ones."""


class GitRepository:
    """A Git repository with a working tree."""

    default = "master"
    status_command = "git status --short"

    def __init__(self, root: str) -> None:
        self.root = root

    @classmethod
    def around(cls, directory: str) -> "GitRepository":
        """The repository that *directory* is in.

        Raises NotARepository, and FileNotFoundError if there is no git.
        """
        top = os.fsdecode(git(directory, "rev-parse", "--show-toplevel")).removesuffix("\n")
        return cls(os.path.realpath(top))

    def changes(self) -> list[tuple[str, str]]:
        found = []
        renamed = False
        status = git(self.root, "status", "--porcelain", "-z", "--untracked-files=normal")
        for line in names(status):
            if renamed:  # what was before is not said by --short either
                renamed = False
                continue
            renamed = line[0] in "RC"
            found.append((line, line[3:] if line.startswith("??") else ""))
        return found

    def branches(self) -> list[str]:
        shown = git(self.root, "for-each-ref", "--format=%(refname:short)", "refs/heads")
        return list(lines(shown))

    def current(self) -> Branch:
        try:
            name = self._line("symbolic-ref", "--quiet", "--short", "HEAD")
        except RepositoryFailed:
            name = ""
        return Branch(name, self._commit("HEAD"))

    def commit_of(self, branch: str) -> str:
        """The end of a branch of ours, or of origin's if we have none of that name."""
        own = self._commit(f"refs/heads/{branch}")
        return own or self._commit(f"refs/remotes/origin/{branch}")

    def unpushed(self, branch: Branch) -> tuple[str, list[str]]:
        where = f"origin/{branch.name}"
        theirs = self._commit(f"refs/remotes/{where}")
        if not theirs:
            raise NothingToCompare(branch.name, repr(where))
        words = ["log", "--no-show-signature", "--format=%h %s", f"{theirs}..{branch.commit}"]
        return repr(where), list(lines(git(self.root, *words)))

    def export(self, commit: str) -> tuple[str, Callable[[str], None]]:
        found = list(pieces_of(self.root, commit))
        pieces = [piece for piece in found if piece[0]]
        missing = [piece for piece in found if not piece[0]]
        for _, _, path in missing:
            output.warn(f"submodule {path!r} is not checked out, hosts do not get it")
        without = hashlib.sha256(repr(missing).encode()).hexdigest()[:12]
        name = f"{commit}-{without}" if missing else commit

        def write(directory: str) -> None:
            for repository, revision, path in pieces:
                write_commit(repository, revision, os.path.join(directory, path))

        return name, write

    def _line(self, *arguments: str) -> str:
        return git(self.root, *arguments).decode(errors="replace").strip()

    def _commit(self, reference: str) -> str:
        try:
            return self._line("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
        except RepositoryFailed:
            return ""


def pieces_of(directory: str, commit: str, path: str = "") -> Iterator[Piece]:
    """*commit*, and all its submodules; one that is not checked out has no directory.

    Raises SubmoduleBehind.
    """
    yield directory, commit, path
    try:
        listed = git(directory, "ls-tree", "-r", "-z", commit)
    except RepositoryFailed:
        if path:
            raise SubmoduleBehind(path, commit) from None
        raise
    for line in names(listed):
        facts, name = line.split("\t", 1)
        mode, _, revision = facts.split(" ")
        if mode != SUBMODULE:
            continue
        place, below = os.path.join(directory, name), os.path.join(path, name)
        if os.path.lexists(os.path.join(place, ".git")):
            yield from pieces_of(place, revision, below)
        else:
            yield "", revision, below


def write_commit(repository: str, commit: str, directory: str) -> None:
    """Write the files of *commit* as a checkout would.

    ``git archive`` leaves out what a repository's attributes tell it to.
    """
    os.makedirs(directory, exist_ok=True)
    plain = ["-c", "core.autocrlf=false", "-c", "core.sparseCheckout=false"]
    with tempfile.TemporaryDirectory() as place:
        index = {"GIT_INDEX_FILE": os.path.join(place, "index")}
        git(repository, *plain, "read-tree", commit, variables=index)
        to = f"--prefix={os.path.abspath(directory)}/"
        git(repository, *plain, "checkout-index", "--quiet", "--all", to, variables=index)
