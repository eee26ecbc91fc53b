"""Known secret values → ``***``, in everything that is said."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from batou.report.encodings import SHORTEST, encodings, pieces, pieces_of_bytes
from batou.report.events import Event

MASK = "***"


class Masker:
    """Replaces known values in texts and events.

    All forms of a value are found by their first `SHORTEST` characters, so that
    the work depends on the length of a text, not on the number of secrets.
    """

    def __init__(self, secrets: Iterable[str | bytes] = ()) -> None:
        self._known: set[str | bytes] = set()
        self._starts: dict[str, list[str]] = {}
        self.add(secrets)

    def add(self, secrets: Iterable[str | bytes]) -> None:
        """Mask *secrets* from now on, and what they consist of (see `pieces`)."""
        touched = set()
        for secret in secrets:
            for part in pieces(secret) if isinstance(secret, str) else pieces_of_bytes(secret):
                if part not in self._known:
                    self._known.add(part)
                    touched |= self._learn(part)
        for start in touched:
            self._starts[start] = sorted(set(self._starts[start]), key=len, reverse=True)

    def _learn(self, part: str | bytes) -> set[str]:
        forms = encodings(part)
        for form in forms:
            self._starts.setdefault(form[:SHORTEST], []).append(form)
        return {form[:SHORTEST] for form in forms}

    def __bool__(self) -> bool:
        return bool(self._starts)

    def mask(self, text: str) -> str:
        """*text* with every known value replaced.

        >>> Masker(["hunter2"]).mask("mysql://root:hunter2@db")
        'mysql://root:***@db'
        """
        starts = self._starts
        places = [
            at for at in range(len(text) - SHORTEST + 1) if text[at : at + SHORTEST] in starts
        ]
        masked, done = [], 0
        for at in places if starts else ():
            if at < done:
                continue
            for form in starts[text[at : at + SHORTEST]]:
                if text.startswith(form, at):
                    masked += [text[done:at], MASK]
                    done = at + len(form)
                    break
        return "".join([*masked, text[done:]])

    def finds(self, text: str) -> bool:
        """Whether there is a known value in *text*."""
        return self.mask(text) != text

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Event):
            return self.event(value)
        if isinstance(value, tuple):
            return tuple(self._value(item) for item in value)
        return value

    def event(self, event: Event) -> Event:
        """*event* with every known value replaced in its texts."""
        if not self._starts:
            return event
        return replace(
            event,
            **{field.name: self._value(getattr(event, field.name)) for field in fields(event)},
        )
