"""The records of a project: which there are, which is meant, which go."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from batou.records import RUNS
from batou.records.errors import DamagedRecord, NoRuns, UnknownRun

KEPT = 50
"""Records of one environment that are kept."""

NAME = re.compile(r"(?P<time>\d{8}T\d{6}Z)-(?P<number>\d{4,})\.jsonl")


@dataclass(frozen=True, order=True)
class Run:
    """A record by its name; runs sort by time, and within a second by number."""

    time: str
    number: int
    path: str

    @property
    def name(self) -> str:
        """What people call it by."""
        return f"{self.time}-{self.number:04}"


def runs(directory: str = RUNS) -> list[Run]:
    """All records, the oldest first; files of other names are not touched."""
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    found = [(match, name) for name in names if (match := NAME.fullmatch(name))]
    return sorted(
        Run(match["time"], int(match["number"]), os.path.join(directory, name))
        for match, name in found
    )


def new_name(directory: str, now: datetime) -> str:
    """The name of a record that begins at *now*; numbers count on."""
    number = max((run.number for run in runs(directory)), default=0) + 1
    return f"{now:%Y%m%dT%H%M%SZ}-{number:04}.jsonl"


def find(wanted: str | None = None, directory: str = RUNS) -> Run:
    """The run that *wanted* means: a number, the beginning of a name, an environment's last.

    Without *wanted* it is the last run of all. Raises NoRuns and UnknownRun.
    """
    from batou.records.reading import header_of

    known = runs(directory)
    if not known:
        raise NoRuns()
    if wanted is None:
        return known[-1]
    matching = [run for run in known if wanted.isdigit() and run.number == int(wanted)]
    if not matching:
        matching = [run for run in known if run.name.startswith(wanted)]
    if len(matching) == 1:
        return matching[0]
    environments: dict[str, Run] = {}
    for run in known:
        with suppress(DamagedRecord):
            environments[header_of(run.path).environment] = run
    if wanted in environments:
        return environments[wanted]
    names = [run.name for run in known]
    raise UnknownRun(wanted, [*names, *environments], [run.name for run in matching])


def prune(directory: str, environment: str, kept: int = KEPT) -> None:
    """Remove the oldest records of *environment*, and their pages, but for the last *kept*.

    What cannot be read counts as one of any environment.
    """
    from batou.records.reading import header_of

    known = runs(directory)
    if len(known) <= kept:
        return
    own = []
    for run in known:
        try:
            if header_of(run.path).environment == environment:
                own.append(run)
        except DamagedRecord:
            own.append(run)
    for run in own[:-kept]:
        os.unlink(run.path)
        with suppress(FileNotFoundError):
            os.unlink(page_path(run))


def page_path(run: Run) -> str:
    """Where the page of *run* is written if nothing else is asked for."""
    return f"{run.path.removesuffix('.jsonl')}.html"
