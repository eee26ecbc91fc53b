"""`HgRepository`: the committed revision of a Mercurial repository."""

import os
import shutil
import subprocess
from collections.abc import Callable

from batou.bundle.errors import NotARepository, NothingToCompare, RepositoryFailed
from batou.bundle.git import lines
from batou.bundle.revision import Branch
from batou.errors.texts import hide_passwords


class HgRepository:
    """A Mercurial repository; *upstream* is where its commits are pushed to, if not the default."""

    default = "default"
    status_command = "hg status"

    def __init__(self, root: str, upstream: str | None = None) -> None:
        self.root = root
        self.upstream = upstream

    @classmethod
    def around(cls, directory: str, upstream: str | None = None) -> "HgRepository":
        """The repository that *directory* is in.

        Raises NotARepository, and FileNotFoundError if there is no hg.
        """
        if shutil.which("hg") is None:
            raise FileNotFoundError("hg")
        path = os.path.realpath(directory)
        while not os.path.isdir(os.path.join(path, ".hg")):  # starting hg takes long
            if path == os.path.dirname(path):
                raise NotARepository("hg root", directory, "no repository found")
            path = os.path.dirname(path)
        return cls(path, upstream)

    def changes(self) -> list[tuple[str, str]]:
        found = []
        for line in hg(self.root, "status", "--subrepos", "--print0").split(b"\0"):
            text = os.fsdecode(line)
            if text:
                found.append((text, text[2:] if text.startswith("? ") else ""))
        return found

    def branches(self) -> list[str]:
        return list(lines(hg(self.root, "branches", "--template", "{branch}\n")))

    def current(self) -> Branch:
        shown = hg(self.root, "log", "--rev=.", "--template={node} {branch}").decode()
        commit, _, name = shown.partition(" ")
        return Branch(name, commit)

    def commit_of(self, branch: str) -> str:
        try:
            commit = hg(self.root, "log", f"--rev={branch}", "--limit=1", "--template={node}")
        except RepositoryFailed:
            return ""
        return commit.decode()

    def unpushed(self, branch: Branch) -> tuple[str, list[str]]:
        where = repr(hide_passwords(self.upstream)) if self.upstream else "default path"
        template = "{node|short} {desc|firstline}\n"
        upstream = ["--", self.upstream] if self.upstream else []
        words = ["outgoing", "--quiet", f"--rev={branch.commit}", f"--template={template}"]
        try:
            return where, list(lines(hg(self.root, *words, *upstream, fine=(0, 1))))
        except RepositoryFailed as error:
            raise NothingToCompare(branch.name, f"answer of {where}", error.answer) from None

    def export(self, commit: str) -> tuple[str, Callable[[str], None]]:
        def write(directory: str) -> None:
            plain = ["--config", "ui.archivemeta=False"]
            hg(self.root, *plain, "archive", "--subrepos", f"--rev={commit}", directory)

        return commit, write


def hg(directory: str, *arguments: str, fine: tuple[int, ...] = (0,)) -> bytes:
    """What a command of Mercurial prints.

    Raises RepositoryFailed if it ends with another code than those that are
    *fine*, and FileNotFoundError if there is no hg.
    """
    done = subprocess.run(
        ["hg", "--noninteractive", *arguments],
        cwd=directory,
        env={**os.environ, "HGPLAIN": "1", "HGENCODING": "utf-8", "LANG": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    if done.returncode in fine:
        return done.stdout
    answer = hide_passwords(done.stderr.decode(errors="replace").strip())
    raise RepositoryFailed(f"hg {arguments[0]}", directory, answer)
