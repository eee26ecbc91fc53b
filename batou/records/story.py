"""What happened in a run, by host and component."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from batou.records.reading import Recorded
from batou.records.recorder import Header
from batou.report.events import (
    Failure,
    Finished,
    Heading,
    HostPhase,
    HostSummary,
    Line,
    Outcome,
    RootOutcome,
    Section,
)

CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]?|[\x00-\x08\x0b-\x1f\x7f]")
"""What a terminal would take for a command; a page has no use for it."""


@dataclass(frozen=True)
class Said:
    """A line, and what it looks like: ``red``, ``bold`` …"""

    text: str
    styles: tuple[str, ...] = ()

    @classmethod
    def of(cls, line: Line) -> "Said":
        """*line* without what only a terminal understands."""
        return cls(CONTROL.sub("", line.text), line.styles)


@dataclass
class ComponentStory:
    """A component that spoke or changed."""

    name: str
    reason: str = ""
    outcome: str = ""
    seconds: float = 0.0
    lines: list[Said] = field(default_factory=list)


@dataclass
class RootStory:
    """A root component on its host."""

    name: str
    outcome: str = ""
    reason: str = ""
    seconds: float = 0.0
    components: list[ComponentStory] = field(default_factory=list)


@dataclass
class HostStory:
    """A host: how long it was in each phase, its roots, and what it said besides."""

    name: str
    phases: list[tuple[str, float]] = field(default_factory=list)
    roots: dict[str, RootStory] = field(default_factory=dict)
    lines: list[Said] = field(default_factory=list)
    summary: HostSummary | None = None
    current: ComponentStory | None = None

    def root(self, name: str) -> RootStory:
        """The story of root *name*."""
        return self.roots.setdefault(name, RootStory(name))

    @property
    def is_bad(self) -> bool:
        """Whether something is wrong with it."""
        failed = any(root.outcome == "failed" for root in self.roots.values())
        return (
            failed
            or any(phase == "failed" for phase, _ in self.phases)
            or bool(self.summary and not self.summary.is_good)
        )

    @property
    def is_changed(self) -> bool:
        """Whether something changed or would change."""
        return any(root.outcome in ("updated", "would update") for root in self.roots.values())

    @property
    def durations(self) -> list[tuple[str, float]]:
        """Seconds that each phase took, but for the last."""
        seconds: dict[str, float] = {}
        for (phase, since), (_, until) in zip(self.phases, self.phases[1:], strict=False):
            seconds[phase] = seconds.get(phase, 0.0) + until - since
        return list(seconds.items())


@dataclass
class Story:
    """A run."""

    header: Header
    hosts: dict[str, HostStory] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    lines: list[Said] = field(default_factory=list)
    finished: Finished | None = None
    seconds: float = 0.0

    @classmethod
    def of(cls, header: Header, events: Iterable[Recorded]) -> "Story":
        """The story that *events* tell."""
        story = cls(header)
        for recorded in events:
            story.seconds = recorded.at
            story._take(recorded)
        return story

    def host(self, name: str) -> HostStory:
        """The story of host *name*."""
        return self.hosts.setdefault(name, HostStory(name))

    @property
    def ordered_hosts(self) -> Sequence[HostStory]:
        """The hosts: those that failed, those that changed, the others."""
        return sorted(self.hosts.values(), key=lambda host: (not host.is_bad, not host.is_changed))

    @property
    def changed(self) -> str:
        """What this run calls a change."""
        return "would update" if self.header.action == "predict" else "updated"

    @property
    def outcome(self) -> str:
        """How the run ended, in a word."""
        if self.finished is None:
            return "broken off"
        return "succeeded" if self.finished.success else "failed"

    def _take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, Line):
            self._say(event)
        elif isinstance(event, Section):
            self.lines.append(Said(event.title, ("bold",)))
        elif isinstance(event, Failure):
            self.failures.append(event)
        elif isinstance(event, HostPhase):
            self.host(event.host).phases.append((event.phase, recorded.at))
        elif isinstance(event, HostSummary):
            self.host(event.host).summary = event
        elif isinstance(event, Finished):
            self.finished, self.seconds = event, event.seconds
        else:
            self._take_component(event)

    def _say(self, line: Line) -> None:
        if not line.host:
            self.lines.append(Said.of(line))
            return
        host = self.host(line.host)
        (host.current.lines if host.current else host.lines).append(Said.of(line))

    def _take_component(self, event: object) -> None:
        if isinstance(event, Heading):
            host = self.host(event.host)
            host.current = ComponentStory(event.component, event.reason)
            host.root(event.root).components.append(host.current)
        elif isinstance(event, Outcome):
            self._end_component(event)
        elif isinstance(event, RootOutcome):
            host = self.host(event.host)
            root = host.root(event.root)
            root.outcome, root.reason, root.seconds = event.outcome, event.reason, event.seconds
            host.current = None

    def _end_component(self, event: Outcome) -> None:
        host = self.host(event.host)
        components = host.root(event.root).components
        for component in reversed(components):
            if component.name == event.component and not component.outcome:
                break
        else:
            component = ComponentStory(event.component)
            components.append(component)
        component.outcome, component.seconds = event.outcome, event.seconds
        component.reason = component.reason or event.reason
