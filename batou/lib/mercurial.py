"""`Clone`: a working copy of a Mercurial repository at a branch or a revision."""

import os
import re
from dataclasses import dataclass
from typing import Any

from batou import artifacts
from batou.artifacts import Artifact, Found
from batou.component import Component
from batou.errors import CmdExecutionError, UpdateNeeded
from batou.errors.deployment import hide_passwords
from batou.lib.file import Directory
from batou.lib.git import CloneUsageError, ensure_empty_directory, is_path, repository
from batou.lib.logins import Remote, without_login
from batou.process import cmd
from batou.report import output


@dataclass(frozen=True)
class Changeset:
    """A changeset of a working copy, and where that was cloned from."""

    node: str
    branch: str
    phase: str
    """``public`` if the origin has it."""
    date: float
    origin: str


TEMPLATE = r'{node}\n{branch}\n{phase}\n{date|hgdate}\n{get(peerurls, "default")}\n'


class Clone(Component):
    """A working copy of the repository *url* in *target*.

    Exactly one of *revision* (a changeset, may be shortened) and *branch* says
    what is checked out. The controller fetches the changesets if it can, and ships
    them. Otherwise the server is asked, but only when it knows better: always for a
    branch, for a revision while it is not there yet.

    With *vcs_update* off an existing working copy stays as it is. Local changes
    are removed, untracked files are kept. If *target* is no working copy, or one
    of another repository, it is emptied and cloned anew.
    """

    namevar = "url"

    url: str
    target = "."
    revision: str | None = None
    branch: str | None = None
    vcs_update = True

    _artifact: Artifact

    def configure(self) -> None:
        if bool(self.revision) == bool(self.branch):
            raise CloneUsageError(
                f"clone of {hide_passwords(self.url)!r} has "
                f"{'both' if self.revision else 'none'}, "
                "expected exactly one of revision and branch",
                self,
            )
        wanted = ("branch", self.branch) if self.branch else ("revision", self.revision or "")
        self._artifact = artifacts.want(self, repository("hg", self.url, *wanted))
        self += Directory(self.target)
        self.target = self._.path

    @property
    def namevar_for_breadcrumb(self) -> str:
        return hide_passwords(self.url)

    def last_updated(self, **kw: Any) -> float | None:
        """When the current changeset was committed; None if there is none."""
        here = self._changeset(".")
        return here.date if here else None

    def verify(self) -> None:
        here = self._changeset(".")
        if reason := self._reason_to_clone(here):
            raise UpdateNeeded(reason)
        if here is None:
            raise UpdateNeeded("nothing is checked out")
        if not self.vcs_update:
            return
        if self.has_changes():
            output.annotate(f"{self.target!r} has local changes, which are removed", red=True)
            raise UpdateNeeded("there are local changes")
        if self.branch:
            self._assert_branch(self.branch, here)
        else:
            self._assert_revision(here)

    def _reason_to_clone(self, here: Changeset | None) -> str | None:
        if not self._is_working_copy():
            return f"{self.target!r} is not a working copy"
        origin = here.origin if here else self.remote_url() or ""
        if without_login(origin).rstrip("/") != without_login(self._origin()).rstrip("/"):
            shown = repr(hide_passwords(origin)) if origin else "nothing"
            return f"the origin is {shown}, wanted {hide_passwords(self._origin())!r}"
        return None

    def _assert_branch(self, branch: str, here: Changeset) -> None:
        if here.branch != branch:
            raise UpdateNeeded(f"the branch is {here.branch!r}, wanted {branch!r}")
        tip = self._changeset(branch)
        if tip and tip.phase != "public" and self.has_outgoing_changesets():
            output.annotate(f"{self.target!r} has commits that its origin lacks", yellow=True)
        if self.has_incoming_changesets():
            raise UpdateNeeded(f"branch {branch!r} has new commits")
        if tip is None or here.node != tip.node:
            raise UpdateNeeded(f"the working copy is not at the tip of branch {branch!r}")

    def _assert_revision(self, here: Changeset) -> None:
        wanted = self._changeset(self.revision or "")
        if wanted is None or here.node != wanted.node:
            raise UpdateNeeded(f"the revision is {here.node!r}, wanted {self.revision!r}")
        if self._follows_names() and self.has_incoming_changesets():
            raise UpdateNeeded("the origin has new commits")

    def update(self) -> None:
        if self._reason_to_clone(self._changeset(".")):
            self._clone()
        elif self.branch or self._follows_names() or not self._changeset(self.revision or ""):
            found = self._shipped()
            self._hg("pull", "--quiet", found.path if found else self._origin())
        self._hg("update", "--quiet", "--clean", f"--rev={self.branch or self.revision}")

    def _shipped(self) -> Found | None:
        """What the controller has fetched; None if this host has the repository itself."""
        return None if self._has_source() else artifacts.find(self, self._artifact)

    def _has_source(self) -> bool:
        return is_path(self.url) and os.path.exists(self._origin().removeprefix("file://"))

    def _clone(self) -> None:
        found = self._shipped()
        if found:
            ensure_empty_directory(self.target)
            self._hg("init", ".")
            with open(os.path.join(self.target, ".hg/hgrc"), "w", encoding="utf-8") as file:
                file.write(f"[paths]\ndefault = {self._origin()}\n")
            self._hg("pull", "--quiet", found.path)
            return
        if os.listdir(self.target):
            self._hg("identify", "--id", self._origin())  # ask, before anything is lost
        ensure_empty_directory(self.target)
        self._hg("clone", "--quiet", "--noupdate", self._origin(), ".")

    def current_revision(self) -> str | None:
        """The changeset of the working copy, 40 digits; None if there is none."""
        here = self._changeset(".")
        return here.node if here else None

    def current_branch(self) -> str | None:
        """The branch of the working copy."""
        return self._ask("branch") or None

    def remote_url(self) -> str | None:
        """Where the working copy was cloned from."""
        return self._ask("config", "paths.default") or None

    def has_changes(self) -> bool:
        """Whether tracked files were changed, added or removed."""
        states = ("--modified", "--added", "--removed", "--deleted")
        return bool(self._hg("status", *states, "--subrepos"))

    def has_incoming_changesets(self) -> bool:
        """Whether the origin has changesets that are not here: on the branch, or any."""
        facts = {} if self._has_source() else artifacts.facts(self, self._artifact)
        if self.branch and facts:
            return self._changeset(facts["node"]) is None
        return self._compare("incoming")

    def has_outgoing_changesets(self) -> bool:
        """Whether there are changesets here that the origin lacks: on the branch, or any.

        When the controller fetches for us, nobody is asked, and it counts as no.
        """
        if not self._has_source() and artifacts.facts(self, self._artifact):
            return False
        return self._compare("outgoing")

    def _compare(self, direction: str) -> bool:
        branch = [f"--branch={self.branch}"] if self.branch else []
        try:
            self._hg(direction, "--quiet", *branch, self._origin())
        except CmdExecutionError as error:
            if error.returncode != 1:
                raise
            return False
        return True

    def _follows_names(self) -> bool:
        """Whether the revision is the name of something that may move."""
        return bool(self.revision and not re.fullmatch("[0-9a-fA-F]{4,40}", self.revision))

    def _changeset(self, revision: str) -> Changeset | None:
        """What *revision* means here; None if it is unknown."""
        if not self._is_working_copy():
            return None
        answer = self._ask("log", f"--rev={revision}", "--limit=1", f"--template={TEMPLATE}")
        node, _, rest = answer.partition("\n")
        if not node.strip("0"):
            return None
        branch, phase, date, origin = (rest + "\n").split("\n")[:4]
        return Changeset(node, branch, phase, float(date.split()[0]), origin)

    def _origin(self) -> str:
        """The url without a login, absolute if it is a path."""
        path = os.path.join(self.workdir, self.url.removeprefix("file://"))
        return os.path.normpath(path) if os.path.exists(path) else Remote.of(self.url).url

    def _is_working_copy(self) -> bool:
        return os.path.isdir(os.path.join(self.target, ".hg"))

    def _ask(self, *args: str) -> str:
        """What hg answers, nothing if it fails."""
        try:
            return self._hg(*args).strip()
        except CmdExecutionError:
            return ""

    def _hg(self, *args: str) -> str:
        remote = Remote.of(self.url)
        environment = {"HGPLAIN": "1", "HGENCODING": "utf-8", "LANG": "C", "LC_ALL": "C"}
        environment.update(remote.environment)
        command = ["hg", "--noninteractive", *remote.mercurial_options(), *args]
        out, _ = cmd(command, env=environment, cwd=self.target)
        return str(out)
