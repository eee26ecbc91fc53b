"""An explanation as values."""

from dataclasses import dataclass
from typing import Any

from batou.errors import Location


@dataclass(frozen=True)
class Step:
    """One place that gave an attribute its value.

    *kind* is ``default``, ``override``, ``secret``, ``constructor``, ``features``,
    ``configure``, ``property`` or ``changed``; *how* says it to people, *value* is
    shown as Python would write it, *note* belongs to the place.
    """

    kind: str
    how: str
    value: str = ""
    place: Location | None = None
    note: str = ""

    def __str__(self) -> str:
        where = ", ".join(str(part) for part in (self.place, self.note) if part)
        return " ".join(
            part for part in (self.how, self.value, f"({where})" if where else "") if part
        )

    def to_json(self) -> dict[str, Any]:
        """The step as plain data."""
        return {
            "kind": self.kind,
            "how": self.how,
            "value": self.value,
            "file": self.place.path if self.place else None,
            "line": self.place.line if self.place else None,
        }


@dataclass(frozen=True)
class Explained:
    """An attribute: its value, and the steps that led to it, the last one being in force.

    *plain* is the value as JSON can have it, or else its text.
    """

    name: str
    value: str
    steps: tuple[Step, ...] = ()
    type: str = ""
    plain: Any = None
    is_overridable: bool = True
    is_secret: bool = False

    @property
    def origin(self) -> Step | None:
        """The step that is in force."""
        return self.steps[-1] if self.steps else None

    def to_json(self) -> dict[str, Any]:
        """The attribute as plain data."""
        return {
            "name": self.name,
            "value": self.plain,
            "type": self.type,
            "overridable": self.is_overridable,
            "secret": self.is_secret,
            "steps": [step.to_json() for step in self.steps],
        }


@dataclass(frozen=True)
class Fact:
    """Something about the host or the root, and where it is said."""

    name: str
    value: str
    place: Location | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """The fact as plain data."""
        return {
            "name": self.name,
            "value": self.value,
            "file": self.place.path if self.place else None,
            "line": self.place.line if self.place else None,
            "note": self.note,
        }


@dataclass(frozen=True)
class Explanation:
    """A root component: facts about it and its host, and its attributes."""

    environment: str
    host: str
    component: str
    facts: tuple[Fact, ...] = ()
    attributes: tuple[Explained, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The explanation as plain data."""
        return {
            "environment": self.environment,
            "host": self.host,
            "component": self.component,
            "facts": [fact.to_json() for fact in self.facts],
            "attributes": [attribute.to_json() for attribute in self.attributes],
            "notes": list(self.notes),
        }
