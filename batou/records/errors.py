"""What can be wrong with records."""

from collections.abc import Sequence
from dataclasses import dataclass

from batou.errors import closest
from batou.errors.base import ReportingException, Rows


@dataclass(eq=False)
class NoRuns(ReportingException):
    """Nothing has been recorded, of *environment* if it is named."""

    environment: str = ""

    def summary(self) -> str:
        of = f" of environment {self.environment!r}" if self.environment else ""
        return f"there is no record of any run{of}"

    def hint(self) -> str:
        return "runs that reach hosts are recorded in .batou/runs/ of the machine they start from"


@dataclass(eq=False)
class UnknownRun(ReportingException):
    """No record has this name or number, or several begin with it."""

    run: str
    known: Sequence[str]
    candidates: Sequence[str] = ()

    def summary(self) -> str:
        if self.candidates:
            return f"{len(self.candidates)} runs begin with {self.run!r}"
        return f"there is no record of a run {self.run!r}"

    def rows(self) -> Rows:
        return [("Runs", "\n".join(self.candidates[-5:]))] if self.candidates else []

    def hint(self) -> str:
        return closest(self.run, self.known) or "`batou runs` lists them"


@dataclass(eq=False)
class DamagedRecord(ReportingException):
    """A record cannot be read."""

    path: str
    line: int
    why: str

    def summary(self) -> str:
        return f"the record {self.path!r} is damaged: {self.why}"

    def rows(self) -> Rows:
        return [("Line", str(self.line))] if self.line else []

    def hint(self) -> str:
        return "remove it; the other records do not depend on it"
