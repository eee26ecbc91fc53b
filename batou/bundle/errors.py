"""Why there can be no bundle."""

from dataclasses import dataclass

from batou.errors import DeploymentError
from batou.errors.base import Rows

SHOWN = 20
"""Lines of a tool's answer that an error shows."""


def some(lines: tuple[str, ...]) -> str:
    """The first lines, and how many more there are.

    >>> some(("a", "b"))
    'a\\nb'
    """
    more = len(lines) - SHOWN
    return "\n".join([*lines[:SHOWN], *([f"… and {more} more"] if more > 0 else [])])


# Repositories


@dataclass(eq=False)
class NoRepository(DeploymentError):
    """The update method needs a repository, and there is none, or its program is missing."""

    method: str
    directory: str
    answer: str = ""

    def summary(self) -> str:
        kind = "Mercurial" if self.method.startswith("hg") else "Git"
        return f"update_method {self.method!r} needs a {kind} repository around {self.directory!r}"

    def rows(self) -> Rows:
        return [("Answer", self.answer)] if self.answer else []

    def hint(self) -> str | None:
        return "set update_method = rsync in [environment] to ship the files as they are"


@dataclass(eq=False)
class RepositoryFailed(DeploymentError):
    """A command of git or hg failed."""

    command: str
    directory: str
    answer: str

    def summary(self) -> str:
        return f"{self.command} failed in {self.directory!r}"

    def rows(self) -> Rows:
        return [("Answer", self.answer)]

    def hint(self) -> str | None:
        if "safe.directory" in self.answer:
            return "the repository belongs to somebody else; add it to git's safe.directory"
        return None


class NotARepository(RepositoryFailed):
    """A directory is in no repository."""


@dataclass(eq=False)
class UnknownBranch(DeploymentError):
    """The branch that hosts are to have does not exist here."""

    branch: str
    current: str
    is_set: bool
    known: tuple[str, ...] = ()

    def summary(self) -> str:
        wanted = "" if self.is_set else ", which is the default"
        return f"the repository has no branch {self.branch!r}{wanted}; it is on {self.current}"

    def rows(self) -> Rows:
        return [("Branches", ", ".join(map(repr, self.known)) or "none with a commit")]

    def hint(self) -> str | None:
        return "set branch = NAME in [environment] to what hosts are to have"


@dataclass(eq=False)
class WrongBranch(DeploymentError):
    """The working tree is at another commit than the branch that hosts are to have."""

    branch: str
    commit: str
    current: str
    head: str

    def summary(self) -> str:
        return f"hosts are to have branch {self.branch!r}, but the working tree has another commit"

    def rows(self) -> Rows:
        return [
            ("Branch", f"{self.branch} ({self.commit[:12]})"),
            ("Working tree", f"{self.current} ({self.head[:12]})"),
        ]

    def hint(self) -> str | None:
        return f"switch to {self.branch!r}, or change branch in [environment]"


@dataclass(eq=False)
class UncommittedChanges(DeploymentError):
    """The working tree differs from what is committed."""

    command: str
    changes: tuple[str, ...]

    def summary(self) -> str:
        return "the working tree has changes that are not committed"

    def rows(self) -> Rows:
        return [(self.command, some(self.changes))]

    def hint(self) -> str | None:
        return "commit or ignore them, or deploy with --dirty, which leaves them out"


@dataclass(eq=False)
class NotPushed(DeploymentError):
    """Commits are only here."""

    branch: str
    where: str
    commits: tuple[str, ...]

    def summary(self) -> str:
        count = len(self.commits)
        noun = "a commit" if count == 1 else f"{count} commits"
        return f"branch {self.branch!r} has {noun} that {self.where} does not have"

    def rows(self) -> Rows:
        return [("Commits", some(self.commits))]

    def hint(self) -> str | None:
        return "push them, or deploy with --dirty"


@dataclass(eq=False)
class NothingToCompare(DeploymentError):
    """Whether everything is pushed cannot be told."""

    branch: str
    where: str
    answer: str = ""

    def summary(self) -> str:
        return f"cannot tell whether branch {self.branch!r} is pushed: there is no {self.where}"

    def rows(self) -> Rows:
        return [("Answer", self.answer)] if self.answer else []

    def hint(self) -> str | None:
        return "push the branch, or deploy with --dirty"


@dataclass(eq=False)
class SubmoduleBehind(DeploymentError):
    """A submodule does not have the commit that is recorded for it."""

    submodule: str
    commit: str

    def summary(self) -> str:
        return f"submodule {self.submodule!r} does not have its commit {self.commit[:12]}"

    def hint(self) -> str | None:
        return "try: git submodule update --init --recursive"


@dataclass(eq=False)
class OutsideRepository(DeploymentError):
    """The project does not lie below what is shipped."""

    project: str
    root: str

    def summary(self) -> str:
        return f"the deployment {self.project!r} is not inside of repository_root {self.root!r}"

    def hint(self) -> str | None:
        return "repository_root is relative to the directory that has components/"


# Packages


@dataclass(eq=False)
class StrangeFacts(DeploymentError):
    """A host says something about its Python that cannot be."""

    fact: str
    value: str

    def summary(self) -> str:
        return f"the host reports an impossible {self.fact} of its Python: {self.value}"


@dataclass(eq=False)
class PackageError(DeploymentError):
    """A package that hosts need cannot be shipped to a kind of host."""

    package: str
    kind: str
    why: str
    advice: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    def summary(self) -> str:
        return f"package {self.package} {self.why}"

    def rows(self) -> Rows:
        return [("Hosts", self.kind), *self.facts]

    def hint(self) -> str | None:
        return self.advice or None


# Files


@dataclass(eq=False)
class FileChanged(DeploymentError):
    """A file is not what it was when the bundle was made."""

    path: str

    def summary(self) -> str:
        return f"file {self.path!r} was changed while it was shipped"

    def hint(self) -> str | None:
        return "run it again"


@dataclass(eq=False)
class ArtifactDiffers(DeploymentError):
    """An artifact has another checksum than was asked for."""

    path: str
    expected: str
    found: str

    def summary(self) -> str:
        return f"artifact {self.path!r} has another checksum than expected"

    def rows(self) -> Rows:
        return [("Expected", self.expected), ("Found", self.found)]


@dataclass(eq=False)
class CannotShip(DeploymentError):
    """Hosts need what the controller cannot fetch, or cannot make for them.

    *problems* are pairs of hosts, and of what is missing there, for whom and why.
    """

    problems: tuple[tuple[str, str], ...]

    def summary(self) -> str:
        count = len(self.problems)
        noun = "an artifact" if count == 1 else f"{count} artifacts"
        return f"the controller cannot ship {noun}; no host was touched"

    def rows(self) -> Rows:
        return list(self.problems)

    def hint(self) -> str | None:
        return "artifacts = host in [environment] or [host:…] lets hosts fetch for themselves"
