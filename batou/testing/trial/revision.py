"""An older revision of a project, in a directory of its own."""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from batou.errors import ReportingException


@dataclass(eq=False)
class NoSuchRevision(ReportingException):
    """The project has no such revision, or git cannot give it."""

    revision: str
    said: str

    def summary(self) -> str:
        return f"there is no revision {self.revision!r} of this project to upgrade from"

    def rows(self) -> list[tuple[str, str]]:
        return [("Git said", self.said)] if self.said else []

    def hint(self) -> str:
        return "give a commit, a branch or a tag that `git log` knows here"


PREFIX = "batou-revision-"
"""Of directories for revisions; the number of the process that made them follows."""


@contextmanager
def checked_out(revision: str, project: Path) -> Iterator[Path]:
    """The directory of *project* as *revision* has it, outside of its repository.

    It is removed at the end; the repository is only read. Raises NoSuchRevision.
    """
    sweep(Path(tempfile.gettempdir()))
    top = Path(_git(revision, project, "rev-parse", "--show-toplevel").decode().strip())
    commit = _git(revision, project, "rev-parse", "--verify", f"{revision}^{{commit}}")
    archive = _git(revision, top, "archive", "--format=tar", commit.decode().strip())
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as place:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            if hasattr(tarfile, "tar_filter"):  # older Pythons have no filters
                tar.extraction_filter = tarfile.tar_filter
            tar.extractall(place)
        yield Path(place, os.path.relpath(project.resolve(), top.resolve()))


def sweep(directory: Path) -> None:
    """Remove what runs have left there that were killed."""
    for place in directory.glob(f"{PREFIX}*"):
        pid = place.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists() and Path("/proc/self").exists():
            shutil.rmtree(place, ignore_errors=True)


def _git(revision: str, directory: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *words], capture_output=True, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise NoSuchRevision(revision, f"git: {error.strerror}") from None
    if done.returncode:
        raise NoSuchRevision(revision, done.stderr.decode(errors="replace").strip())
    return done.stdout
