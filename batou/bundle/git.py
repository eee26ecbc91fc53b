"""Ask git; nothing here changes a repository."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping

from batou.bundle.errors import NotARepository, RepositoryFailed
from batou.bundle.tree import walk
from batou.errors.texts import hide_passwords

LOCAL = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
"""Variables that say which repository is meant; git sets them for its hooks and aliases."""

SUBMODULE = "160000"
"""The mode of a submodule in git's trees."""


def git(directory: str, *arguments: str, variables: Mapping[str, str] | None = None) -> bytes:
    """What a git command prints.

    Raises RepositoryFailed if it fails, NotARepository if that is why, and
    FileNotFoundError if there is no git.
    """
    env = {key: value for key, value in os.environ.items() if key not in LOCAL}
    env.update(LANG="C", LC_ALL="C", GIT_OPTIONAL_LOCKS="0", GIT_TERMINAL_PROMPT="0")
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env={**env, **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    if done.returncode == 0:
        return done.stdout
    answer = hide_passwords(done.stderr.decode(errors="replace").strip())
    kind = NotARepository if "not a git repository" in answer else RepositoryFailed
    raise kind(f"git {arguments[0]}", directory, answer)


def lines(output: bytes) -> tuple[str, ...]:
    """The lines that git prints."""
    return tuple(output.decode(errors="replace").splitlines())


def names(output: bytes) -> list[str]:
    """Names that git separates by null bytes."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def prefix(directory: str) -> str | None:
    """Where *directory* is below its working tree, ending in ``/``; None if it is in none."""
    try:
        shown = git(directory, "rev-parse", "--is-inside-work-tree", "--show-prefix")
    except (NotARepository, FileNotFoundError):
        return None
    inside, _, found = os.fsdecode(shown).removesuffix("\n").partition("\n")
    return found if inside == "true" else None


def files(directory: str, skipped: Iterable[str] = (), top: str = "") -> Iterator[str]:
    """Files below *directory* that git tracks, or would if they were added; submodules too.

    *skipped* are directories that are not looked into: names, or paths that begin
    with ``/``. *top* is where *directory* is below its working tree.
    """
    skipped = list(skipped)
    seen = set()
    for line in names(git(directory, "ls-files", "-z", "--stage")):
        mode, path = line.split(" ", 1)[0], line.split("\t", 1)[1]
        if path in seen:
            continue  # one of several stages of a merge
        seen.add(path)
        if mode == SUBMODULE:
            yield from _nested(directory, path, skipped)
        else:
            yield path
    patterns = [f"--exclude={_pattern(path, top)}/" for path in skipped]
    others = git(directory, "ls-files", "-z", "--others", "--exclude-standard", *patterns)
    for path in names(others):
        if path.endswith("/"):
            yield from _nested(directory, path.rstrip("/"), skipped)
        else:
            yield path


def _pattern(path: str, top: str) -> str:
    """An exclude pattern for exactly *path*."""
    path = f"/{top}{path[1:]}" if path.startswith("/") else path
    return "".join(f"\\{letter}" if letter in "\\*?[" else letter for letter in path)


def _nested(directory: str, path: str, skipped: list[str]) -> Iterator[str]:
    """Files of a repository inside of another; none if it is a submodule not checked out."""
    place = os.path.join(directory, path)
    if not os.path.lexists(os.path.join(place, ".git")):
        return
    names_only = [name for name in skipped if not name.startswith("/")]
    found = files(place, names_only) if prefix(place) == "" else walk(place, frozenset(names_only))
    yield from (f"{path}/{inner}" for inner in found)
