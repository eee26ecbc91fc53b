"""`Checkout`: a working copy of a Subversion repository."""

import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from batou.component import Component
from batou.errors import UpdateNeeded
from batou.errors.deployment import hide_passwords
from batou.lib.file import Directory
from batou.lib.git import ensure_empty_directory
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
    when nothing below *url* was committed since. Only then the server is asked.
    Local changes are reverted, unversioned files are kept. If *target* belongs to
    another repository, it is emptied and checked out anew.
    """

    namevar = "url"

    url: str
    target = "."
    revision: Any = None

    def configure(self) -> None:
        self.revision = str(self.revision or "HEAD").upper()
        if re.fullmatch(r"R\d+", self.revision):
            self.revision = self.revision[1:]
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
        there = self._info(f"--revision={self.revision}", self._wanted_url())
        if here.changed != there.changed:
            raise UpdateNeeded(f"the last change is {here.changed}, wanted {there.changed}")

    def update(self) -> None:
        if not self._is_working_copy():
            self._check_out()
            return
        self._svn("cleanup", ".")
        here, there = self._info(), self._info(self._wanted_url())
        if here.uuid != there.uuid:
            ensure_empty_directory(self.target)
            self._check_out()
            return
        self._svn("revert", "--quiet", "--recursive", ".")
        if here.root != there.root:
            self._svn("relocate", here.root, there.root)
        options = ["--quiet", f"--revision={self.revision}"]
        self._svn("switch", "--ignore-ancestry", *options, self._wanted_url(), ".")

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


Subversion = Checkout
