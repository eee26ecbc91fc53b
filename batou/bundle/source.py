"""What of a project is shipped: its working tree, or a committed revision.

Never shipped: what belongs to version control, to batou or to the launcher, the
work directory, what git ignores, and encrypted secrets.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch

from batou.bundle.tree import walk
from batou.errors import DeploymentError

STATE = frozenset({".git", ".hg", ".svn", ".batou", ".appenv", ".kitchen", ".vagrant"})
"""Directories and files that are never shipped, at any depth."""

SECRETS = ("environments/*/secrets.cfg*", "environments/*/secret-*")


def project_files(root: str, base: str = ".") -> list[str]:
    """Files of the working tree below *root* that hosts get, sorted, relative to it.

    *base* is where the deployment is below *root*; its ``work`` is not shipped.
    """
    files = git_files(root) if is_git(root) else list(walk(root, excluded(base)))
    return sorted(path for path in files if is_shipped(path, base))


def excluded(base: str) -> frozenset[str]:
    """Directories that need not be looked into."""
    return STATE | {os.path.normpath(os.path.join(base, "work")), "__pycache__"}


def is_shipped(path: str, base: str = ".") -> bool:
    """Whether hosts get *path*.

    >>> is_shipped("components/work/component.py"), is_shipped("work/hello/a")
    (True, False)
    >>> is_shipped("environments/prod/secrets.cfg.age")
    False
    """
    parts = path.split("/")
    if any(part in STATE or part == "__pycache__" for part in parts) or parts[-1] == ".batou-lock":
        return False
    inside = os.path.relpath(path, base)
    if inside == "work" or inside.startswith("work/"):
        return False
    return not any(fnmatch(inside, pattern) for pattern in SECRETS)


def is_git(root: str) -> bool:
    """Whether *root* is in a git working tree, and git is there."""
    try:
        return bool(git(root, "rev-parse", "--is-inside-work-tree").strip() == b"true")
    except (DeploymentError, FileNotFoundError):
        return False


def git_files(root: str) -> Iterator[str]:
    """Files below *root* that git tracks, or would if they were added; submodules too."""
    listed = split(git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"))
    submodules = set(submodule_paths(root))
    for path in dict.fromkeys(listed):
        if path in submodules:
            yield from (f"{path}/{inner}" for inner in git_files(os.path.join(root, path)))
        else:
            yield path


def submodule_paths(root: str) -> Iterable[str]:
    """Submodules of the repository at *root* that are checked out."""
    staged = split(git(root, "ls-files", "-z", "--stage"))
    for line in staged:
        mode, _, path = line.partition(" ")
        if mode == "160000":
            path = path.split("\t", 1)[1]
            if os.path.exists(os.path.join(root, path, ".git")):
                yield path


def split(output: bytes) -> list[str]:
    """Names that git separates by null bytes."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def git(root: str, *arguments: str) -> bytes:
    """What a git command prints; raises DeploymentError if it fails."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env.update(LANG="C", LC_ALL="C", GIT_OPTIONAL_LOCKS="0", GIT_TERMINAL_PROMPT="0")
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True
    )
    if done.returncode:
        raise DeploymentError(
            f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}"
        )
    return done.stdout
