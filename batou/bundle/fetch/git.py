"""Commits of Git repositories as bundles, from a mirror of each; submodules, too."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from batou.artifacts import Artifact
from batou.bundle.errors import RepositoryFailed
from batou.bundle.fetch.desk import Desk, Fetched, NotFetched
from batou.bundle.git import SUBMODULE, git, lines, names
from batou.lib.git import BUNDLED, is_path
from batou.lib.logins import Remote
from batou.project import launcher
from batou.report import output

T = TypeVar("T")

Pin = tuple[str, str]
"""A URL and a commit."""


def fetch(artifact: Artifact, desk: Desk) -> Fetched:
    """What a `Clone` wants, and ``facts["commit"]``. Only a branch is asked for each time."""
    url, kind, name = artifact.wanted
    if is_path(url) and not os.path.isabs(url.removeprefix("file://")):
        raise NotFetched("the path is relative to the host's work directory")
    if kind == "revision" and not re.fullmatch("[0-9a-fA-F]{4,64}", name):
        raise NotFetched("the revision is the name of something that may move", "give branch=…")
    if kind == "branch":
        commit = explained(lambda: end_of(artifact.how["url"], name))
        key = launcher.digest("git", url, kind, name, commit)
        return desk.remembered(key, lambda: _bundled(artifact, desk, commit))
    return desk.remembered(artifact.key, lambda: _bundled(artifact, desk, name))


def explained(ask: Callable[[], T]) -> T:
    """What *ask* returns; what git complains about becomes NotFetched."""
    try:
        return ask()
    except RepositoryFailed as error:
        answer = error.answer.strip().splitlines()
        fatal = [line for line in answer if line.startswith(("fatal:", "ERROR:"))]
        raise NotFetched((fatal or answer or [error.summary()])[0]) from error
    except FileNotFoundError as error:
        raise NotFetched("git: command not found", "install it here") from error


def ask(directory: str, url: str, *words: str) -> bytes:
    """What git prints when it asks the server of *url*, with the login in there if any."""
    remote = Remote.of(url)
    return git(directory, *remote.git_options(), *words, variables=remote.environment)


def end_of(url: str, branch: str) -> str:
    """The commit at the end of *branch*; the server is asked."""
    found = lines(ask("/", url, "ls-remote", "--", Remote.of(url).url, f"refs/heads/{branch}"))
    if not found:
        raise NotFetched(f"it has no branch {branch!r}")
    return found[0].split()[0]


def _bundled(artifact: Artifact, desk: Desk, name: str) -> Fetched:
    url, kind, wanted = artifact.wanted
    output.line(f"Fetching {artifact.name}, {kind} {wanted}")

    def bundle() -> Fetched:
        mirror = Mirror(desk, artifact.how["url"])
        with desk.lock(mirror.directory):
            tag = wanted if kind == "tag" else ""
            commit = mirror.bring_tag(tag) if tag else mirror.bring(name)
            files = {"": mirror.bundle([commit], tag)}
        pins: dict[str, set[str]] = {}
        for inner, needed in submodules(desk, url, commit):
            pins.setdefault(inner, set()).add(needed)
        for inner, commits in sorted(pins.items()):
            mirror = Mirror(desk, inner)
            with desk.lock(mirror.directory):
                files[f"submodule:{inner}"] = mirror.bundle(sorted(commits))
        return Fetched(files, {"commit": commit})

    return explained(bundle)


class Mirror:
    """A bare repository with what was fetched from *url*; use it while its lock is held."""

    def __init__(self, desk: Desk, url: str) -> None:
        def make(directory: str) -> None:
            git(directory, "init", "--quiet", "--bare", ".")

        self.desk, self.url = desk, url
        key = launcher.digest("git", Remote.of(url).url)
        self.directory = desk.cache.directory("repositories", key, make)

    def bring(self, name: str) -> str:
        """The commit *name*, which may be shortened; fetched if it is not there."""
        everything = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        for refs in ((), everything, (name,)):
            with suppress(RepositoryFailed):
                if refs:
                    self._fetch(*refs)
                return self._commit(name)
        self._fetch("HEAD")  # says why nothing can be fetched, if that is so
        raise NotFetched(f"it has no commit {name!r}")

    def bring_tag(self, tag: str) -> str:
        """The commit of *tag*."""
        ref = f"refs/tags/{tag}"
        self._fetch(f"+{ref}:{ref}")
        return self._commit(ref)

    def bundle(self, commits: list[str], tag: str = "") -> str:
        """The sha256 of a kept bundle with the histories of *commits*."""
        refs = [f"{BUNDLED}{commit}" for commit in commits]
        for ref, commit in zip(refs, commits, strict=True):
            git(self.directory, "update-ref", ref, commit)
        tags = [f"refs/tags/{tag}"] if tag else []
        with self.desk.scratch() as scratch:
            path = os.path.join(scratch, "bundle")
            git(self.directory, "-c", "pack.threads=1", "bundle", "create", path, *refs, *tags)
            return self.desk.artifacts.add(path)

    def _fetch(self, *refs: str) -> None:
        words = ["fetch", "--quiet", "--no-tags", "--", Remote.of(self.url).url, *refs]
        ask(self.directory, self.url, *words)

    def _commit(self, name: str) -> str:
        found = git(self.directory, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return found.decode().strip()


def submodules(desk: Desk, url: str, commit: str) -> Iterator[Pin]:
    """All submodules of *commit*, and theirs; they are in their mirrors then."""
    place = Mirror(desk, url).directory
    urls = dict(submodule_urls(place, url, commit))
    for line in names(git(place, "ls-tree", "-r", "-z", commit)):
        facts, path = line.split("\t", 1)
        mode, _, needed = facts.split(" ")
        if mode != SUBMODULE or path not in urls:
            continue
        inner = urls[path]
        mirror = Mirror(desk, inner)
        with desk.lock(mirror.directory):
            mirror.bring(needed)
        yield inner, needed
        yield from submodules(desk, inner, needed)


def submodule_urls(directory: str, url: str, commit: str) -> Iterator[Pin]:
    """Paths of submodules and where they come from, as ``.gitmodules`` says."""
    try:
        told = names(git(directory, "config", "-z", "--list", "--blob", f"{commit}:.gitmodules"))
    except RepositoryFailed:
        return  # there is none
    found: dict[str, dict[str, str]] = {}
    for item in told:
        key, _, value = item.partition("\n")
        section, _, option = key.rpartition(".")
        found.setdefault(section, {})[option] = value
    for values in found.values():
        if "path" in values and "url" in values:
            yield values["path"], resolved(values["url"], url)


def resolved(url: str, base: str) -> str:
    """A URL of a submodule, which may be relative to that of its repository.

    >>> resolved("../lib", "https://example.com/app.git"), resolved("../b", "host:dir/a")
    ('https://example.com/lib', 'host:dir/b')
    """
    if not url.startswith(("./", "../")):
        return url
    base = base.rstrip("/")
    while url.startswith(("./", "../")):
        if url.startswith("../"):
            cut = max(base.rfind("/"), base.rfind(":") + 1 if "/" not in base else 0)
            base = base[:cut].rstrip("/")
        url = url.partition("/")[2]
    return base + url if base.endswith(":") else f"{base}/{url}"
