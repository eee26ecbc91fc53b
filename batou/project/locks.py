"""Lock a project's requirements, and tell what that changed."""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from batou.errors import ReportingException, closest
from batou.project import launcher
from batou.project.scaffold import (
    launcher_file,
    launcher_requirement,
    launcher_text,
    write_launcher,
)


class LockingFailed(ReportingException):
    """pip-compile, or what it needs, failed; the text says how."""


@dataclass(eq=False)
class NotLocked(ReportingException):
    """A package to update is not in the lock."""

    name: str
    known: tuple[str, ...]

    def summary(self) -> str:
        return f"{self.name!r} is not in requirements.lock"

    def hint(self) -> str | None:
        return closest(self.name, self.known) or "add it to requirements.txt"


@dataclass(frozen=True)
class VersionChange:
    """A package that came, went, or has another version than before."""

    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.name} {self.after} (new)"
        if self.after is None:
            return f"{self.name} {self.before} (removed)"
        return f"{self.name} {self.before} → {self.after}"


def versions(lock: str) -> dict[str, str]:
    """The version, or the place, of each package in a lock.

    >>> versions("click==8.5.1 \\\\\\n    --hash=sha256:00\\n-e ./pkg\\n")
    {'click': '8.5.1', './pkg': 'local'}
    """
    found = {}
    for line in launcher.logical_lines(lock):
        name = launcher.name_of(line)
        if name:
            found[name] = (
                line.partition("==")[2].partition(" ")[0] or line.partition("@")[2].strip()
            )
        elif not line.startswith("--"):
            found[line.removeprefix("-e ")] = "local"
    return found


def changes(before: str, after: str) -> list[VersionChange]:
    """What is different between two locks.

    >>> [str(change) for change in changes("a==1", "a==2\\nb==1")]
    ['a 1 → 2', 'b 1 (new)']
    """
    old, new = versions(before), versions(after)
    return [
        VersionChange(name, old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def lock(directory: Path, *flags: str, batou: str = "") -> list[VersionChange]:
    """Make requirements.lock; *flags* go to pip-compile. What it has stays, unless they say so."""
    file = directory / "requirements.lock"
    before = launcher.content(str(file))
    try:
        with change(directory, batou) as work:
            work.lock(*flags)
    except launcher.Failure as failure:
        raise LockingFailed(launcher.masked(str(failure))) from None
    return changes(before, launcher.content(str(file)))


def is_locked(directory: Path) -> bool:
    """Whether requirements.lock was made from these requirements."""
    try:
        with change(directory) as work:
            return work.is_locked()
    except launcher.Failure as failure:
        raise LockingFailed(launcher.masked(str(failure))) from None


def change(directory: Path, batou: str = "") -> launcher.Change:
    """The launcher's own way of locking, with the pip-tools of this environment if it has any."""
    tools = sys.executable if importlib.util.find_spec("piptools") else ""
    requirement = batou or launcher_requirement(directory)
    return launcher.Change(launcher.Project(str(directory.resolve()), requirement), tools)


def update(directory: Path, names: tuple[str, ...] = ()) -> list[VersionChange]:
    """Take the newest version of the named packages, or of all, into the lock, and a new launcher.

    Raises NotLocked for a name that the lock does not have.
    """
    file = directory / "requirements.lock"
    before = launcher.content(str(file))
    wanted = [launcher.name_of(name) or name for name in names]
    for name in wanted:
        if name not in versions(before):
            raise NotLocked(name, tuple(versions(before)))
    flags = [f"--upgrade-package={name}" for name in wanted] or ["--upgrade"]
    batou = launcher_requirement(directory)
    if batou.startswith("batou==") and "batou" in (wanted or ["batou"]):
        lock(directory, *flags, batou=batou.replace("==", ">="))
        newest = versions(launcher.content(str(file)))["batou"]
        batou, flags = f"batou=={newest}", []
    lock(directory, *flags, batou=batou)
    if launcher_file(directory).exists():
        write_launcher(directory, launcher_text(batou))
    return changes(before, launcher.content(str(file)))
