"""Working copies of Subversion: their ``.svn``, of which all files can be restored."""

import os
import tarfile

from batou.artifacts import Artifact
from batou.bundle.fetch.desk import Desk, Fetched, NotFetched
from batou.errors import CmdExecutionError
from batou.lib.git import is_path
from batou.lib.svn import Entry
from batou.process import cmd
from batou.project import launcher
from batou.report import output

ENVIRONMENT = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


def fetch(artifact: Artifact, desk: Desk) -> Fetched:
    """What a `Checkout` wants, and as facts ``uuid`` and ``changed``.

    The server is asked each time unless the revision is a number.
    """
    url, revision = artifact.wanted
    if is_path(url) and not url.startswith("file:///"):
        raise NotFetched("the path is relative to the host's work directory")
    if revision.isdigit():
        return desk.remembered(artifact.key, lambda: _checked_out(artifact, desk, revision))
    there = Entry.parse(svn("info", "--xml", f"--revision={revision}", url))
    key = launcher.digest("svn", url, str(there.changed))
    return desk.remembered(key, lambda: _checked_out(artifact, desk, str(there.revision)))


def _checked_out(artifact: Artifact, desk: Desk, revision: str) -> Fetched:
    url = artifact.wanted[0]
    output.line(f"Fetching {artifact.name}, revision {revision}")
    with desk.scratch() as scratch:
        place, path = os.path.join(scratch, "copy"), os.path.join(scratch, "svn.tar.gz")
        options = ["--quiet", "--ignore-externals", f"--revision={revision}"]
        svn("checkout", *options, url, place)
        if svn("propget", "--recursive", "svn:externals", place).strip():
            raise NotFetched("it has externals", "check them out as components of their own")
        here = Entry.parse(svn("info", "--xml", place))
        with tarfile.open(path, "w:gz") as archive:
            archive.add(os.path.join(place, ".svn"), ".svn", filter=_anonymous)
        facts = {"uuid": here.uuid, "changed": here.changed}
        return Fetched({"": desk.artifacts.add(path)}, facts)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def svn(*words: str) -> str:
    """What svn prints; raises NotFetched if it fails."""
    try:
        out, _ = cmd(["svn", "--non-interactive", *words], env=ENVIRONMENT, cwd="/")
    except CmdExecutionError as error:
        if error.returncode == 127:
            raise NotFetched("svn: command not found", "install it here") from error
        said = str(error.stderr).strip().splitlines()
        raise NotFetched(said[-1] if said else "svn failed") from error
    return str(out)
