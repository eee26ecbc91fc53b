"""`Checkout`: a working copy of a Subversion repository."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from batou import artifacts
from batou.artifacts import Artifact, Found, is_loopback
from batou.component import Component
from batou.errors import UpdateNeeded
from batou.errors.deployment import hide_passwords
from batou.lib.archive.unpacking import unpack
from batou.lib.file import Directory, ensure_path_nonexistent
from batou.lib.git import ensure_empty_directory, is_path
from batou.process import cmd
from batou.report import output


@dataclass(frozen=True)
class Entry:
    """What Subversion knows about a url, or about a working copy."""

    url: str
    root: str
    uuid: str
    revision: int
    changed: int
    """The revision in which it, or something below it, was changed last."""

    @classmethod
    def parse(cls, xml: str) -> "Entry":
        """Read the output of ``svn info --xml`` for one target."""
        entry = ElementTree.fromstring(xml).find("entry")
        if entry is None:
            raise ValueError("svn info told nothing about the target")
        commit = entry.find("commit")
        return cls(
            url=entry.findtext("url", ""),
            root=entry.findtext("repository/root", ""),
            uuid=entry.findtext("repository/uuid", ""),
            revision=int(entry.get("revision", "0")),
            changed=int(commit.get("revision", "0")) if commit is not None else 0,
        )


class Checkout(Component):
    """A working copy of *url* in *target* at *revision*.

    Without a revision, or with ``HEAD``, it follows the newest one, and is current
    when nothing below *url* was committed since. Only then the server is asked, and
    not even then if the controller could do it.
    Local changes are reverted, unversioned files are kept. If *target* belongs to
    another repository, it is emptied and checked out anew.
    """

    namevar = "url"

    url: str
    target = "."
    revision: Any = None

    _artifact: Artifact

    def configure(self) -> None:
        self.revision = str(self.revision or "HEAD").upper()
        if re.fullmatch(r"R\d+", self.revision):
            self.revision = self.revision[1:]
        url, name = self._wanted_url(), hide_passwords(self.url)
        is_local = is_path(url) or is_loopback(urlsplit(url).hostname or "")
        self._artifact = Artifact("svn", (url, self.revision), name, is_local=is_local)
        artifacts.want(self, self._artifact)
        self += Directory(self.target)
        self.target = self._.path

    @property
    def namevar_for_breadcrumb(self) -> str:
        return hide_passwords(self.url)

    def verify(self) -> None:
        if not self._is_working_copy():
            raise UpdateNeeded(f"{self.target!r} is not a working copy")
        here = self._info()
        if unquote(here.url) != unquote(self._wanted_url()):
            shown, wanted = hide_passwords(here.url), hide_passwords(self._wanted_url())
            raise UpdateNeeded(f"the url is {shown!r}, wanted {wanted!r}")
        if self.has_changes():
            output.annotate(f"{self.target!r} has local changes, which are removed", red=True)
            raise UpdateNeeded("there are local changes")
        self._assert_revision(here)

    def _assert_revision(self, here: Entry) -> None:
        if self.revision.isdigit():
            if here.revision != int(self.revision):
                raise UpdateNeeded(f"the revision is {here.revision}, wanted {self.revision}")
            return
        facts = {} if self._has_source() else artifacts.facts(self, self._artifact)
        if facts:
            changed = facts["changed"]
        else:
            changed = self._info(f"--revision={self.revision}", self._wanted_url()).changed
        if here.changed != changed:
            raise UpdateNeeded(f"the last change is {here.changed}, wanted {changed}")

    def _has_source(self) -> bool:
        path = unquote(self._wanted_url().removeprefix("file://"))
        return is_path(self._wanted_url()) and _is_somewhere(path)

    def update(self) -> None:
        found = None if self._has_source() else artifacts.find(self, self._artifact)
        if found:
            return self._take(found)
        if not self._is_working_copy():
            self._check_out()
            return None
        self._svn("cleanup", ".")
        here, there = self._info(), self._info(self._wanted_url())
        if here.uuid != there.uuid:
            ensure_empty_directory(self.target)
            self._check_out()
            return None
        self._svn("revert", "--quiet", "--recursive", ".")
        if here.root != there.root:
            self._svn("relocate", here.root, there.root)
        options = ["--quiet", f"--revision={self.revision}"]
        self._svn("switch", "--ignore-ancestry", *options, self._wanted_url(), ".")
        return None

    def _take(self, found: Found) -> None:
        """Become the working copy that the controller has checked out; its ``.svn`` is shipped."""
        before: set[str] = set()
        if self._is_working_copy():
            if self._info().uuid == found.facts["uuid"]:
                before = self._versioned()
            else:
                ensure_empty_directory(self.target)
        ensure_path_nonexistent(os.path.join(self.target, ".svn"))
        unpack(found.path, self.target)
        for name in sorted(before - self._versioned(), reverse=True):
            self._remove(os.path.join(self.target, name))
        self._svn("revert", "--quiet", "--recursive", ".")

    def _versioned(self) -> set[str]:
        """Names that Subversion knows of, in all directories."""
        tree = ElementTree.fromstring(self._svn("info", "--xml", "--recursive", "."))
        return {entry.get("path", "") for entry in tree.iter("entry")} - {"", "."}

    @staticmethod
    def _remove(path: str) -> None:
        """Remove a file, or a directory if it is empty: others may have put files there."""
        if os.path.isdir(path) and not os.path.islink(path):
            with suppress(OSError):
                os.rmdir(path)
        else:
            ensure_path_nonexistent(path)

    def _check_out(self) -> None:
        options = ["--quiet", f"--revision={self.revision}"]
        self._svn("checkout", *options, self._wanted_url(), ".")

    def current_revision(self) -> str | None:
        """The revision of the working copy; None if there is none."""
        return str(self._info().revision) if self._is_working_copy() else None

    def has_changes(self) -> bool:
        """Whether versioned files were changed, added or removed."""
        status = self._svn("status", "--quiet", "--ignore-externals")
        return bool(re.search(r"^([ACDMR!~]|.[CM]|.{6}C)", status, re.M))

    def _wanted_url(self) -> str:
        return self.url.rstrip("/")

    def _is_working_copy(self) -> bool:
        return os.path.isdir(os.path.join(self.target, ".svn"))

    def _info(self, *args: str) -> Entry:
        return Entry.parse(self._svn("info", "--xml", *(args or ["."])))

    def _svn(self, *args: str) -> str:
        environment = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        out, _ = cmd(["svn", "--non-interactive", *args], env=environment, cwd=self.target)
        return str(out)


def _is_somewhere(path: str) -> bool:
    """Whether there is *path*, or something above it other than the root, such as a repository."""
    while path not in ("", "/"):
        if os.path.exists(path):
            return os.path.exists(os.path.join(path, "format"))
        path = os.path.dirname(path)
    return False


Subversion = Checkout
