"""What containers have tried to reach outside, and which component was at work then."""

from collections.abc import Iterable, Sequence

from batou.report.events import Failure
from batou.testing.fleet import Attempt
from batou.testing.trial.deployment import Work


def reached_for(attempts: Iterable[Attempt], works: Sequence[Work]) -> list[str]:
    """A line for each host and name that was asked for.

    >>> work = Work("web", "app", 10.0, 20.0, "failed")
    >>> reached_for([Attempt("web", "example.org", 12.0)], [work])
    ["web: component 'app' reached for example.org"]
    """
    return [
        f"{attempt.host}: {_who(component_at(attempt, works))} reached for {attempt.name}"
        for attempt in attempts
    ]


def closed_doors(attempts: Iterable[Attempt], works: Sequence[Work]) -> list[Failure]:
    """A word about each component that failed, and had asked for a name outside before."""
    names: dict[tuple[str, str], list[str]] = {}
    failed = [work for work in works if work.outcome == "failed"]
    for attempt in attempts:
        if component := component_at(attempt, failed):
            names.setdefault((attempt.host, component), []).append(attempt.name)
    return [
        Failure(
            f"component {component!r} reached for {', '.join(reached)}, and there is no way out",
            (("Host", host),),
            "what it needs has to be in the bundle, as Download and others see to by themselves; "
            "or does it work with `batou test --network`?",
            "ReachedOut",
        )
        for (host, component), reached in names.items()
    ]


def _who(component: str | None) -> str:
    return f"component {component!r}" if component else "something"


def component_at(attempt: Attempt, works: Sequence[Work]) -> str | None:
    """The root component that was deployed on that host at that time; None if there was none."""
    for work in works:
        if work.host == attempt.host and work.begin - SLACK <= attempt.time <= work.end + SLACK:
            return work.root
    return None


SLACK = 0.05
"""Seconds by which the end of a component may be known too early or too late."""
