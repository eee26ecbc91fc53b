"""What `check` finds."""

from dataclasses import asdict, dataclass
from typing import Any

from batou.errors import ReportingException


@dataclass(frozen=True)
class Finding:
    """Something wrong with the secrets of an environment.

    *kind* is ``unreadable``, ``invalid``, ``recipients``, ``duplicate``,
    ``unknown``, ``missing`` or ``unused``.
    """

    environment: str
    kind: str
    message: str
    location: str = ""
    hint: str = ""

    @classmethod
    def of(cls, environment: str, kind: str, error: ReportingException) -> "Finding":
        """An error as a finding."""
        place = str(error.location or "")
        return cls(environment, kind, error.summary(), place, error.hint() or "")


@dataclass(frozen=True)
class Checked:
    """The findings of an environment, and what could not be looked at, and why."""

    environment: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Builtin types for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The findings for people."""
        found = [f"{self.environment}: {len(self.findings) or 'no'} findings"]
        for finding in self.findings:
            found.append(f"    {finding.kind}: {finding.message}")
            found += [f"        {text}" for text in (finding.location, finding.hint) if text]
        return found + [f"    note: {note}" for note in self.notes]
