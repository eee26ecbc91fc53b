"""Deploy to a stage with an ordinary run, and keep what matters of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, time

from batou.deploy.connect import Connector
from batou.deploy.options import RunOptions
from batou.deploy.run import Run
from batou.report import also_listening
from batou.report.events import Event, Failure, Heading, Line, Outcome, RootOutcome
from batou.report.masking import Masker

CHANGED = ("updated", "would update")


@dataclass(frozen=True)
class Change:
    """What one component changed, or would change: why, and the lines that it showed."""

    host: str
    root: str
    component: str
    reason: str = ""
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.host}: {self.component}"


@dataclass(frozen=True)
class Work:
    """When a root component was deployed, in seconds of the epoch, and how it ended."""

    host: str
    root: str
    begin: float
    end: float
    outcome: str


@dataclass(frozen=True)
class Deployed:
    """What came out of a run over a stage."""

    code: int
    seconds: float
    changes: tuple[Change, ...] = ()
    failures: tuple[Failure, ...] = ()
    works: tuple[Work, ...] = ()
    is_interrupted: bool = False

    @property
    def is_done(self) -> bool:
        """Whether everything went as wished."""
        return self.code == 0 and not self.is_interrupted

    def failed_roots(self) -> list[tuple[str, str]]:
        """The (host, root component) that failed."""
        return [(work.host, work.root) for work in self.works if work.outcome == "failed"]


@dataclass
class Watch:
    """A reporter that remembers changes, failures, and when which root was deployed."""

    masker: Masker
    clock: Callable[[], float] = time
    changes: list[Change] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    _lines: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _speaking: dict[str, str] = field(default_factory=dict)

    def receive(self, event: Event) -> None:
        """Remember *event*, if it matters."""
        event = self.masker.event(event)
        if isinstance(event, Heading):
            self._speaking[event.host] = event.component
        elif isinstance(event, Line) and event.host in self._speaking and not event.debug:
            key = event.host, self._speaking[event.host]
            self._lines.setdefault(key, []).append(event.text)
        elif isinstance(event, Outcome) and event.outcome in CHANGED:
            lines = tuple(self._lines.pop((event.host, event.component), ()))
            change = Change(event.host, event.root, event.component, event.reason, lines)
            self.changes.append(change)
        elif isinstance(event, RootOutcome):
            self._take_root(event)
        elif isinstance(event, Failure) and event.level == "error":
            self.failures.append(event)

    def _take_root(self, event: RootOutcome) -> None:
        now = self.clock()
        self.works.append(Work(event.host, event.root, now - event.seconds, now, event.outcome))
        known = any((c.host, c.root) == (event.host, event.root) for c in self.changes)
        if event.outcome in CHANGED and not known:
            self.changes.append(Change(event.host, event.root, event.root, event.reason))


def deploy(options: RunOptions, masker: Masker | None = None) -> Deployed:
    """Do the run that *options* ask for, which have a staging; *masker* learns its secrets."""
    masker = masker or Masker()
    start, watch = monotonic(), Watch(masker)
    with also_listening(watch):
        run = Run(options, Connector(options), masker)
        code = run.execute()
    is_interrupted = run.switchboard.is_stopping or any(
        failure.headline == "interrupted" for failure in watch.failures
    )
    return Deployed(
        code,
        monotonic() - start,
        tuple(watch.changes),
        tuple(watch.failures),
        tuple(watch.works),
        is_interrupted,
    )
