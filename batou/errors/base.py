"""`ReportingException`: an error is data plus a sentence; how it looks is the reporter's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from batou.errors.texts import shown_path
from batou.report import listening, output
from batou.report.events import Failure
from batou.report.printing import failure_lines
from batou.report.recording import Recording

Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Location:
    """A place in a file, 1 being the first line; line 0 means the file as a whole."""

    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path

    def shown(self) -> "Location":
        """The same place, relative to the current directory if it lies below."""
        return Location(shown_path(self.path), self.line)


class ReportingException(Exception):
    """An error that can tell itself to people.

    Subclasses say what is wrong (`summary`), the facts (`rows`), and what to do
    next (`hint`). Deployments may override `report` instead.
    """

    # no values here: dataclasses below would take them for defaults of their fields
    affected_hostname: str | None
    """Name of the host that the error is about, or None."""

    location: Location | None
    """Where the cause stands, or None."""

    sort_key: tuple[Any, ...]
    """Where the error stands among others; by default its *order*, then where and what it is."""

    order: ClassVar[int] = -99

    _where: Rows | None
    """How to show the place, if that is more than `location`; see `batou.errors.explaining`."""

    _original: BaseException | None
    """The exception that this one was made of."""

    def __getattr__(self, name: str) -> Any:
        if name in ("affected_hostname", "location", "_where", "_original"):
            return None
        if name == "sort_key":
            place = self.location or Location("")
            host = self.affected_hostname or ""
            return (self.order, place.path, f"{place.line:06}", host, self.summary())
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    @classmethod
    def from_context(cls, *args: Any, **kw: Any) -> Any:
        """Make the error; the way deployments written for 2.x do it."""
        return cls(*args, **kw)

    def summary(self) -> str:
        """One sentence: what is wrong."""
        if type(self).__str__ is not ReportingException.__str__:
            return str(self)
        return super().__str__() or type(self).__name__

    def rows(self) -> Rows:
        """Facts as (key, value)."""
        return []

    def hint(self) -> str | None:
        """What to do next."""
        return None

    def __str__(self) -> str:
        return self.summary()

    def all_rows(self) -> Rows:
        """The facts, preceded by where the cause stands, which is told once."""
        rows = self.rows()
        if self._where:
            return [*self._where, *(row for row in rows if row[0] not in ("Where", "Code"))]
        knows_where = any(key == "Where" for key, _ in rows)
        where = [("Where", str(self.location.shown()))] if self.location else []
        return rows if knows_where else [*where, *rows]

    def failure(self, traceback: str = "") -> Failure:
        """The error as an event."""
        return Failure(
            headline=self.summary(),
            rows=(*self.all_rows(), *self._own_words()),
            hint=self.hint() or "",
            error=type(self).__name__,
            traceback=traceback,
        )

    def _own_words(self) -> Rows:
        """What `report` prints, if a deployment has written its own."""
        if type(self).report is ReportingException.report:
            return []
        with listening(Recording()) as recording:
            try:
                self.report()
            except Exception as error:
                return [("Report", f"report() of {type(self).__name__} failed: {error!r}")]
        return [("Report", recording.text.strip("\n"))]

    def report(self) -> None:
        """Print the error."""
        for text, styles in failure_lines(self.failure()):
            output.line(text, **dict.fromkeys(styles, True))

    def should_merge(self, other: Any) -> bool:
        """Whether *other* is the same error, maybe about another host."""
        return type(self) is type(other) and self._identity() == other._identity()

    def _identity(self) -> dict[str, Any]:
        return {
            key: value
            for key, value in self.__dict__.items()
            if key != "affected_hostname" and not key.startswith("_")
        }

    @classmethod
    def merge(
        cls, errors: "Sequence[ReportingException]"
    ) -> "tuple[ReportingException, set[str] | None]":
        """One error for all *errors*, which are the same, and the hosts that they are about."""
        hosts = {error.affected_hostname for error in errors if error.affected_hostname}
        return errors[0], hosts or None


@dataclass(eq=False)
class FarError(ReportingException):
    """An error that a host reported, in its own words."""

    error: str
    headline: str
    facts: Rows
    advice: str = ""
    affected_hostname: str | None = None

    order: ClassVar[int] = 100

    def summary(self) -> str:
        return self.headline

    def rows(self) -> Rows:
        return self.facts

    def hint(self) -> str | None:
        return self.advice or None

    def failure(self, traceback: str = "") -> Failure:
        return Failure(
            self.headline, tuple(self.all_rows()), self.advice, self.error, traceback=traceback
        )


class SilentConfigurationError(Exception):
    """A required resource is not there yet; the root is configured again later.

    Never shown. Component code must let it pass.
    """


class UpdateNeeded(AssertionError):
    """Raised in ``verify``: ``update`` has work to do; the message says why."""


def closest(name: str, known: Sequence[str]) -> str | None:
    """A question that offers the known name nearest to *name*.

    >>> closest("ngnix", ["nginx", "app"])
    "did you mean 'nginx'?"
    """
    from difflib import SequenceMatcher, get_close_matches

    def likeness(other: str) -> float:
        ratio = SequenceMatcher(None, other, wanted).ratio()
        return ratio + 0.1 * (sorted(other) == sorted(wanted)) + 0.05 * (other[:1] == wanted[:1])

    wanted, lowered = name.lower(), {other.lower(): other for other in known}
    matches = get_close_matches(wanted, list(lowered), n=5, cutoff=0.6)
    return f"did you mean {lowered[max(matches, key=likeness)]!r}?" if matches else None


def listing(names: Sequence[str], empty: str = "none") -> str:
    """Names for people, quoted.

    >>> listing(["b", "a"])
    "'a', 'b'"
    """
    return ", ".join(repr(name) for name in sorted(set(names))) or empty
