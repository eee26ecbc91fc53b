"""`Clone`: a working copy of a Git repository at a branch, a tag or a revision."""

import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from batou import artifacts
from batou.artifacts import Artifact, Found, is_loopback
from batou.component import Component
from batou.errors import CmdExecutionError, ConfigurationError, DeploymentError, UpdateNeeded
from batou.errors.base import Rows
from batou.errors.deployment import hide_passwords
from batou.lib.file import Directory, ensure_path_nonexistent
from batou.lib.logins import Remote, without_login
from batou.process import cmd
from batou.report import output


class CloneUsageError(ConfigurationError, ValueError):
    """`Clone` is used wrongly; ValueError is what 2.x raised."""


@dataclass(eq=False)
class LocalChanges(DeploymentError, RuntimeError):
    """A working copy has changes that an update would lose."""

    path: str
    changes: tuple[str, ...]

    def summary(self) -> str:
        return f"{self.path!r} has local changes"

    def rows(self) -> Rows:
        shown = [("Change", change) for change in self.changes[:20]]
        more = len(self.changes) - len(shown)
        return [*shown, ("Change", f"… and {more} more")] if more else shown

    def hint(self) -> str | None:
        return "commit, ignore or remove them, or let batou remove them with clobber=True"


class Clone(Component):
    """A working copy of the repository *url* in *target*.

    Exactly one of *revision* (a commit, may be shortened), *branch* and *tag* says
    what is checked out; submodules follow. The controller fetches the commits if it
    can, and ships them. Otherwise the server is asked, but only when it knows
    better: always for a branch, for revisions and tags while they are not there yet.

    With *vcs_update* off an existing working copy stays as it is. Local changes
    and untracked files stop the deployment; *clobber* removes them instead.
    Ignored files are kept. If *target* is no working copy, or one of another
    repository, it is emptied and cloned anew.
    """

    namevar = "url"

    url: str
    target = "."
    revision: str | None = None
    branch: str | None = None
    tag: str | None = None
    vcs_update = True
    clobber = False

    _artifact: Artifact

    def configure(self) -> None:
        self._artifact = artifacts.want(self, repository("git", self.url, *self._wanted()))
        self += Directory(self.target)
        self.target = self._.path

    def _wanted(self) -> tuple[str, str]:
        """Kind and name of what is to be checked out."""
        given = {"revision": self.revision, "branch": self.branch, "tag": self.tag}
        wanted = [(kind, name) for kind, name in given.items() if name]
        if len(wanted) != 1:
            raise CloneUsageError(
                f"clone of {hide_passwords(self.url)!r} has "
                f"{' and '.join(kind for kind, _ in wanted) or 'none'}, "
                "expected exactly one of revision, branch and tag",
                self,
            )
        return wanted[0]

    @property
    def namevar_for_breadcrumb(self) -> str:
        return hide_passwords(self.url)

    def last_updated(self, **kw: Any) -> float | None:
        """When HEAD was committed; None if there is no commit."""
        seconds = self._ask("log", "-1", "--format=%ct")
        return float(seconds) if seconds else None

    def verify(self) -> None:
        if reason := self._reason_to_clone():
            raise UpdateNeeded(reason)
        if self._is_unfinished():
            raise UpdateNeeded("the last update did not come to its end")
        if not self.vcs_update:
            return
        if self.remote_url() != self._origin():
            raise UpdateNeeded("the login of the origin stands in the settings, or is another one")
        if self.has_outgoing_changesets():
            output.annotate(f"{self.target!r} has commits that its origin lacks", yellow=True)
        if not self.clobber:
            self._refuse_local_changes()
        elif self.has_changes():
            output.annotate(f"{self.target!r} has local changes, which are removed", red=True)
            raise UpdateNeeded("there are local changes")
        self._assert_position()
        self._assert_submodules()

    def _reason_to_clone(self) -> str | None:
        if not self._is_working_copy():
            return f"{self.target!r} is not a working copy"
        origin = self.remote_url()
        if origin and without_login(origin) == without_login(self._origin()):
            return None
        if not self.clobber and not self._is_unfinished():
            self._refuse_local_changes()
        shown = repr(hide_passwords(origin)) if origin else "nothing"
        return f"the origin is {shown}, wanted {hide_passwords(self._origin())!r}"

    def _refuse_local_changes(self) -> None:
        if self.has_changes():
            output.annotate(f"{self.target!r} has local changes", red=True)
            short = self._git("status", "--short", "--untracked-files=normal")
            raise LocalChanges(self.target, tuple(short.splitlines()))

    def _assert_position(self) -> None:
        kind, name = self._wanted()
        here = self.current_revision()
        if kind == "branch":
            if (current := self.current_branch()) != name:
                raise UpdateNeeded(f"the branch is {current!r}, wanted {name!r}")
            if self.has_incoming_changesets():
                raise UpdateNeeded(f"branch {name!r} has new commits")
        elif here is None or here != self._commit(self._goal()):
            raise UpdateNeeded(f"HEAD is {here!r}, wanted {kind} {name!r}")
        elif self._follows_names() and self.has_incoming_changesets():
            raise UpdateNeeded("the origin has new commits")

    def _assert_submodules(self) -> None:
        if not self._has_submodules():
            return
        for line in self._git("submodule", "status", "--recursive").splitlines():
            if not line.startswith(" "):
                path = line[1:].split()[1]
                raise UpdateNeeded(f"submodule {path!r} is not at the commit recorded for it")

    def update(self) -> None:
        if self._reason_to_clone():
            self._clone()
        else:
            self._git("config", "batou.updating", "true")
            self._git("config", "remote.origin.url", self._origin())
            self._fetch()
        self._check_out()
        self._update_submodules()
        self._git("config", "--unset-all", "batou.updating")

    def _clone(self) -> None:
        found = self._shipped()
        if found:
            ensure_empty_directory(self.target)
            self._git("init", "--quiet", ".")
            self._git("config", "batou.updating", "true")
            self._git("remote", "add", "origin", self._origin())
            return self._take(found)
        if os.listdir(self.target):
            self._git("ls-remote", "--", self._origin(), "HEAD")  # before anything is lost
        ensure_empty_directory(self.target)
        options = ["--quiet", "--no-checkout", "--config=batou.updating=true"]
        self._git("clone", *options, "--", self._origin(), ".")
        self._git("config", "remote.origin.url", self._origin())
        return None

    def _fetch(self) -> None:
        if not self.branch and not self._follows_names() and self._commit(self._goal()):
            return None
        found = self._shipped()
        if found:
            return self._take(found)
        heads = "+refs/heads/*:refs/remotes/origin/*"
        self._git("fetch", "--quiet", "--prune", "--force", "--tags", "origin", heads)
        return None

    def _shipped(self) -> Found | None:
        """What the controller has fetched; None if this host has the repository itself."""
        return None if self._has_source() else artifacts.find(self, self._artifact)

    def _has_source(self) -> bool:
        return is_path(self.url) and os.path.exists(self._origin().removeprefix("file://"))

    def _take(self, found: Found) -> None:
        """Take the commits from what was shipped."""
        kind, name = self._wanted()
        commit = found.facts["commit"]
        to = {"branch": f"refs/remotes/origin/{name}", "tag": f"refs/tags/{name}"}
        ref = f"refs/tags/{name}" if kind == "tag" else f"{BUNDLED}{commit}"
        refs = f"+{ref}:{to.get(kind, f'refs/batou/{commit}')}"
        options = ["--quiet", "--no-tags", "--force", "--no-recurse-submodules"]
        self._git("fetch", *options, "--", found.files[""], refs)

    def _check_out(self) -> None:
        kind, name = self._wanted()
        if kind == "revision" and not self._commit(name):  # no branch has it, like a pull request
            self._ask("fetch", "--quiet", "--", "origin", name)
        commit = self._commit(self._goal())
        if commit is None:
            raise DeploymentError(f"{hide_passwords(self.url)!r} has no {kind} {name!r}")
        if kind == "branch":
            self._git("checkout", "--quiet", "--force", "-B", name, self._goal(), "--")
        self._git("reset", "--quiet", "--hard", commit)
        self._git("clean", "--quiet", "-ffd")

    def _update_submodules(self) -> None:
        if not self._has_submodules():
            return
        tidy = "git reset --quiet --hard && git clean --quiet -ffd"
        self._git("submodule", "--quiet", "foreach", "--recursive", tidy)
        self._git("submodule", "--quiet", "sync", "--recursive")
        found, settings = self._shipped(), []
        if found:
            settings = ["-c", "protocol.file.allow=always"]
            for name, path in found.files.items():
                if name.startswith("submodule:"):
                    url = name.removeprefix("submodule:")
                    settings += ["-c", f"url.{path}.insteadOf={url}"]
        update = ["submodule", "--quiet", "update", "--init", "--recursive", "--force"]
        self._git(*settings, *update)

    def current_revision(self) -> str | None:
        """The commit of HEAD; None if there is none."""
        return self._commit("HEAD")

    def current_branch(self) -> str | None:
        """The branch that is checked out; None if there is none."""
        return self._ask("symbolic-ref", "--quiet", "--short", "HEAD") or None

    def current_tag(self) -> str | None:
        """HEAD in terms of the nearest tag; None if there is no tag."""
        return self._ask("describe", "--tags") or None

    def remote_url(self) -> str | None:
        """Where the working copy was cloned from."""
        return self._ask("config", "--get", "remote.origin.url") or None

    def untracked_files(self) -> list[str]:
        """Files that are neither tracked nor ignored."""
        return self._git("ls-files", "--others", "--exclude-standard", "-z").split("\0")[:-1]

    def has_changes(self) -> bool:
        """Whether there are local changes or untracked files.

        A submodule that is merely at another commit does not count.
        """
        status = self._git("status", "--porcelain=v2", "--untracked-files=normal")
        return any(not line.startswith("1 .M SC.. ") for line in status.splitlines())

    def has_outgoing_changesets(self) -> bool:
        """Whether there are commits that the origin did not have when it was asked last."""
        goal = self._commit(self._goal())
        known = ["--remotes", "--tags", *([goal] if goal else [])]
        return bool(self._ask("rev-list", "--max-count=1", "HEAD", "--not", *known))

    def has_incoming_changesets(self) -> bool:
        """Whether the origin has commits that are not here: on the branch, or on any one."""
        theirs = self._their_heads()
        ours = _refs(self._git("show-ref", accept=(0, 1)), "refs/remotes/origin/")
        if any(ours.get(name) != commit for name, commit in theirs.items()):
            return True
        return bool(self.branch) and not self._contains(theirs.get(self.branch or ""))

    def _their_heads(self) -> dict[str, str]:
        """The commits at the ends of the origin's branches, as far as they matter."""
        facts = {} if self._has_source() else artifacts.facts(self, self._artifact)
        if self.branch and facts:
            return {self.branch: facts["commit"]}
        refs = [f"refs/heads/{self.branch}"] if self.branch else []
        return _refs(self._git("ls-remote", "--heads", "origin", *refs), "refs/heads/")

    def _contains(self, commit: str | None) -> bool:
        if commit is None:  # the branch is gone; the update will say so
            return False
        return self._ask("merge-base", "--is-ancestor", commit, "HEAD", default="no") == ""

    def _follows_names(self) -> bool:
        """Whether the revision is the name of something that may move."""
        return bool(self.revision and not re.fullmatch("[0-9a-fA-F]{4,64}", self.revision))

    def _goal(self) -> str:
        kind, name = self._wanted()
        return {"branch": "refs/remotes/origin/", "tag": "refs/tags/"}.get(kind, "") + name

    def _commit(self, name: str) -> str | None:
        return self._ask("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}") or None

    def _origin(self) -> str:
        """The url without a login, absolute if it is a path."""
        path = os.path.join(self.workdir, self.url)
        return os.path.normpath(path) if os.path.exists(path) else Remote.of(self.url).url

    def _is_unfinished(self) -> bool:
        return self._ask("config", "--get", "batou.updating") == "true"

    def _is_working_copy(self) -> bool:
        if not os.path.lexists(os.path.join(self.target, ".git")):
            return False
        try:
            self._git("rev-parse", "--git-dir")
        except CmdExecutionError as error:
            if "not a git repository" in str(error.stderr):
                return False
            raise  # somebody else's repository, for example: not ours to remove
        return True

    def _ask(self, *args: str, default: str = "") -> str:
        """What git answers, or *default* if it fails."""
        try:
            return self._git(*args).strip()
        except CmdExecutionError:
            return default

    def _has_submodules(self) -> bool:
        return os.path.exists(os.path.join(self.target, ".gitmodules"))

    def _git(self, *args: str, accept: tuple[int, ...] = (0,)) -> str:
        environment = {
            "LANG": "C",
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_CEILING_DIRECTORIES": os.path.dirname(self.target),
            **Remote.of(self.url).environment,
        }
        command = [*_clean_environment(), "git", *Remote.of(self.url).git_options(), *args]
        out, _ = cmd(command, env=environment, acceptable_returncodes=accept, cwd=self.target)
        return str(out)


BUNDLED = "refs/heads/batou-"
"""What a commit is called in a bundle that the controller has made."""


def is_path(url: str) -> bool:
    """Whether *url* is a place on the machine that uses it.

    >>> is_path("/srv/app"), is_path("file:///srv/app"), is_path("git@example.com:app")
    (True, True, False)
    """
    if "://" in url:
        return url.startswith("file://")
    return ":" not in url.partition("/")[0]


def repository(program: str, url: str, kind: str, name: str) -> Artifact:
    """What is called *name*, a branch for example, in the repository *url* as an artifact."""
    bare = Remote.of(url).url
    is_local = is_path(url) or is_loopback(urlsplit(bare).hostname or "")
    return Artifact(program, (bare, kind, name), hide_passwords(url), {"url": url}, is_local)


_REDIRECTIONS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)


def _clean_environment() -> list[str]:
    """The command that hides variables which make git work on another repository.

    They are set when batou itself is called by git, from a hook for example.
    """
    names = [name for name in _REDIRECTIONS if name in os.environ]
    return ["env", *(word for name in names for word in ("-u", name))] if names else []


def _refs(listing: str, prefix: str) -> dict[str, str]:
    """``{name: commit}`` of the refs below *prefix* in what git lists.

    >>> _refs("c0ffee refs/heads/main\\nbeef refs/tags/1.0\\n", "refs/heads/")
    {'main': 'c0ffee'}
    """
    pairs = (line.split(maxsplit=1) for line in listing.splitlines())
    return {ref.removeprefix(prefix): commit for commit, ref in pairs if ref.startswith(prefix)}


def ensure_empty_directory(path: str) -> None:
    """Make *path* an empty directory; one that exists is emptied, and keeps its mode and owner."""
    if not os.path.isdir(path):
        ensure_path_nonexistent(path)
        os.makedirs(path)
    for name in os.listdir(path):
        ensure_path_nonexistent(os.path.join(path, name))
