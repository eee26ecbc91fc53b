"""Start a project: decide which files to write, then write them."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from batou.errors import ReportingException, listing
from batou.project.ci import FILES
from batou.project.origin import batou_requirement

LAUNCHER = "batou"
"""The launcher's name in a project."""

PARTS = ("components", "environments")
"""What makes a directory a project."""


@dataclass(eq=False)
class FilesExist(ReportingException):
    """A new project would overwrite something."""

    directory: str
    names: tuple[str, ...]

    def summary(self) -> str:
        return (
            f"{listing(self.names)} in {self.directory!r} would be overwritten; nothing is written"
        )

    def hint(self) -> str:
        if LAUNCHER in self.names:
            return "--force replaces the launcher, and nothing else"
        if self.names[0] in FILES.values():
            return "--force replaces the workflow, and nothing else"
        return "choose another directory, or move them away"


@dataclass(frozen=True)
class Scaffold:
    """Files to write into a directory, and what stays there as it is."""

    directory: Path
    files: Mapping[str, str]
    left_alone: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether it makes a project, not only a launcher for one."""
        return len(self.files) > 1

    def write(self) -> None:
        """Write the files; the launcher becomes executable."""
        for name, text in self.files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == LAUNCHER:
                write_launcher(self.directory, text)
            else:
                path.write_text(text, encoding="utf-8")


def is_project(directory: Path) -> bool:
    """Whether *directory* has parts of a project."""
    return any((directory / part).is_dir() for part in PARTS)


def plan(directory: Path, launcher: str, skeleton: Mapping[str, str], force: bool) -> Scaffold:
    """Decide what to write into *directory*: a whole project, or for a project its launcher.

    Raises FilesExist if something is in the way; *force* lets it replace the launcher.
    """
    files = {LAUNCHER: launcher, **({} if is_project(directory) else skeleton)}
    present = tuple(name for name in files if os.path.lexists(directory / name))
    if force and LAUNCHER in present:
        files, present = {LAUNCHER: launcher}, ()
    if present:
        raise FilesExist(str(directory), present)
    left = sorted(entry.name for entry in directory.iterdir()) if directory.is_dir() else []
    hidden = (LAUNCHER, ".git", ".hg", ".batou", ".appenv", "work")
    return Scaffold(directory, files, tuple(name for name in left if name not in hidden))


def launcher_text(requirement: str) -> str:
    """The launcher for a project that runs the batou which *requirement* gets."""
    source = Path(__file__).with_name("launcher.py").read_text(encoding="utf-8")
    return re.sub(
        r"^BATOU = .*$", lambda _: f'BATOU = "{requirement}"', source, count=1, flags=re.M
    )


def launcher_file(directory: Path) -> Path:
    """The launcher in a project; 2.x calls it `appenv`, and `batou` is a link to it."""
    path = directory / LAUNCHER
    real = path.resolve()
    return real if real.is_file() and real.parent == directory.resolve() else path


def launcher_requirement(directory: Path) -> str:
    """The batou that the project's launcher runs; for a project without one, the running batou."""
    path = launcher_file(directory)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(r'^BATOU = "(.*)"$', text, re.M)
    return found[1] if found else batou_requirement(directory)


def write_launcher(directory: Path, text: str) -> None:
    """Put the launcher into a project at once; it may be running."""
    path = launcher_file(directory)
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.chmod(0o755)
    new.replace(path)
