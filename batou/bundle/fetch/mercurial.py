"""Changesets of Mercurial repositories as bundles, from a mirror of each."""

import os
import re

from batou.artifacts import Artifact
from batou.bundle.fetch.desk import Desk, Fetched, NotFetched
from batou.errors import CmdExecutionError
from batou.lib.git import is_path
from batou.lib.logins import Remote
from batou.process import cmd
from batou.project import launcher
from batou.report import output

ENVIRONMENT = {"HGPLAIN": "1", "HGENCODING": "utf-8", "LANG": "C", "LC_ALL": "C"}


def fetch(artifact: Artifact, desk: Desk) -> Fetched:
    """What a `Clone` wants, and ``facts["node"]``. Only a branch is asked for each time."""
    url, kind, name = artifact.wanted
    if is_path(url) and not os.path.isabs(url.removeprefix("file://")):
        raise NotFetched("the path is relative to the host's work directory")
    if kind == "branch":
        remote = Remote.of(artifact.how["url"])
        said = hg("identify", "--debug", "--id", f"--rev={name}", url, remote=remote)
        node = re.findall("^[0-9a-f]{40}", said, re.M)[-1]  # debugging says more with a login
        key = launcher.digest("hg", url, kind, name, node)
        return desk.remembered(key, lambda: _bundled(artifact, desk, node))
    if not re.fullmatch("[0-9a-fA-F]{4,40}", name):
        raise NotFetched("the revision is the name of something that may move", "give branch=…")
    return desk.remembered(artifact.key, lambda: _bundled(artifact, desk, name))


def _bundled(artifact: Artifact, desk: Desk, name: str) -> Fetched:
    url = artifact.wanted[0]
    output.line(f"Fetching {artifact.name}, {artifact.wanted[1]} {artifact.wanted[2]}")
    kept = launcher.digest("hg", url)
    mirror = desk.cache.directory("repositories", kept, _init)
    with desk.lock(mirror), desk.scratch() as scratch:
        hg("pull", "--quiet", url, repository=mirror, remote=Remote.of(artifact.how["url"]))
        node = hg("log", f"--rev={name}", "--template={node}", repository=mirror)
        path = os.path.join(scratch, "bundle")
        words = ["--quiet", "--base=null", f"--rev={node}", "--type=gzip-v2", path]
        hg("bundle", *words, repository=mirror)
        return Fetched({"": desk.artifacts.add(path)}, {"node": node})


def _init(place: str) -> None:
    hg("init", place)


def hg(*words: str, repository: str = "/", remote: Remote | None = None) -> str:
    """What hg prints; raises NotFetched if it fails. *remote* has a login for the server."""
    remote = remote or Remote("")
    options = ["--noninteractive", "--cwd", repository, *remote.mercurial_options()]
    try:
        out, _ = cmd(["hg", *options, *words], env={**ENVIRONMENT, **remote.environment})
    except CmdExecutionError as error:
        if error.returncode == 127:
            raise NotFetched("hg: command not found", "install it here") from error
        said = str(error.stderr or error.stdout).strip().splitlines()
        raise NotFetched(said[-1].removeprefix("abort: ") if said else "hg failed") from error
    return str(out)
