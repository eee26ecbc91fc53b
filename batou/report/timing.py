"""How long things take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from batou.report import output


class Timer:
    """Seconds by step; steps of one name add up."""

    __slots__ = ("__dict__", "durations", "tag")

    def __init__(self, tag: str | None = None) -> None:
        self.tag = tag
        self.durations: dict[str, float] = {}

    @contextmanager
    def step(self, note: str) -> Iterator[None]:
        """Add the time that the block takes to *note*.

        Raises ValueError for ``total``, which is the sum of all steps.
        """
        if note == "total":
            raise ValueError("'total' is the sum of all steps, choose another name")
        start = time.monotonic()
        try:
            yield
        finally:
            seconds = time.monotonic() - start
            self.durations[note] = self.durations.get(note, 0.0) + seconds
            if output.enable_debug:
                output.annotate(f"{self.tag}: {note} took {format_duration(seconds)}", debug=True)

    def _seconds(self, name: str) -> float | None:
        if name == "total":
            return sum(self.durations.values())
        return self.durations.get(name)

    def above_threshold(self, **thresholds: float) -> tuple[bool, list[str]]:
        """Whether any step took longer than its threshold in seconds, and which."""
        above = [name for name, limit in thresholds.items() if (self._seconds(name) or 0.0) > limit]
        return bool(above), above

    def humanize(self, *steps: str) -> str:
        """The durations of *steps* for people.

        >>> Timer().humanize("total", "verify")
        'total=0.00s, verify=∅'
        """
        return ", ".join(f"{step}={format_duration(self._seconds(step))}" for step in steps)


def format_duration(seconds: float | None) -> str:
    """Seconds for people.

    >>> format_duration(1.234), format_duration(61), format_duration(None)
    ('1.23s', '1m1s', '∅')
    """
    if seconds is None:
        return "∅"
    if seconds >= 60:
        minutes, rest = divmod(int(seconds), 60)
        return f"{minutes}m{rest}s"
    return f"{seconds:.2f}s"
