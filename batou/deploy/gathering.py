"""Failures of hosts, held back for a moment: the same one from many hosts is told once."""

from collections.abc import Iterable
from dataclasses import replace

from batou.report.events import Failure

PATIENCE = 1.0
"""Seconds that a failure waits for the same one from other hosts."""


class Gathering:
    """Takes failures as they come, and gives them back grouped.

    What was told before and happens again on other hosts comes back short.
    """

    def __init__(self) -> None:
        self._held: list[Failure] = []
        self._since = 0.0
        self._told: set[Failure] = set()

    def __bool__(self) -> bool:
        return bool(self._held)

    def add(self, failure: Failure, now: float) -> None:
        """Hold *failure* back; *now* is a time in seconds."""
        if not self._held:
            self._since = now
        self._held.append(failure)

    def is_due(self, now: float) -> bool:
        """Whether it is time to tell what is held back."""
        return bool(self._held) and now - self._since >= PATIENCE

    def take(self) -> list[Failure]:
        """What was held back, to be told now, in the order of the hosts."""
        held, self._held = self._held, []
        groups: dict[Failure, list[str]] = {}
        for failure in held:
            groups.setdefault(without_hosts(failure), []).extend(hosts_of(failure))
        ordered = sorted(groups.items(), key=lambda group: min(group[1], default=""))
        return [self._grouped(failure, hosts) for failure, hosts in ordered]

    def _grouped(self, failure: Failure, hosts: list[str]) -> Failure:
        row = hosts_row(hosts)
        if failure in self._told:
            return replace(failure, rows=row, hint="as above", traceback="")
        self._told.add(failure)
        return replace(failure, rows=(*failure.rows, *row))


def hosts_of(failure: Failure) -> list[str]:
    """The hosts that *failure* is about."""
    return [
        host for key, text in failure.rows if key in ("Host", "Hosts") for host in text.split(", ")
    ]


def without_hosts(failure: Failure) -> Failure:
    """*failure* without saying where it happened; equal for all hosts."""
    rows = tuple(row for row in failure.rows if row[0] not in ("Host", "Hosts"))
    return replace(failure, rows=rows)


def hosts_row(hosts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """A row that names *hosts*; none if there are none.

    >>> hosts_row(["web2", "web1", "web1"])
    (('Hosts', 'web1, web2'),)
    """
    names = sorted(set(hosts))
    if not names:
        return ()
    return (("Host" if len(names) == 1 else "Hosts", ", ".join(names)),)
