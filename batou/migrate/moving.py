"""Rename files of a project: all of them, or none."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from batou.errors import ReportingException

Move = tuple[Path, Path]


@dataclass(eq=False)
class CannotMove(ReportingException):
    """Files would overwrite others."""

    problems: tuple[str, ...]

    def summary(self) -> str:
        return "files of an older form cannot be renamed; nothing is changed"

    def rows(self) -> list[tuple[str, str]]:
        return [("Problem", problem) for problem in self.problems]

    def hint(self) -> str:
        return "keep one of the two and run `./batou migrate` again"


def problems(moves: list[Move]) -> list[str]:
    """Why files cannot be renamed: what is in the way."""
    targets = Counter(target for _, target in moves)
    return [
        f"{source} → {target}: {'exists' if os.path.lexists(target) else 'wanted twice'}"
        for source, target in moves
        if os.path.lexists(target) or targets[target] > 1
    ]


def move(moves: list[Move]) -> None:
    """Rename files; raises CannotMove, before the first, if one is in the way."""
    found = problems(moves)
    if found:
        raise CannotMove(tuple(found))
    for source, target in moves:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)


def listed(moves: list[Move]) -> str:
    """What is renamed, for people."""
    return "\n".join(f"{source} → {target}" for source, target in moves)
