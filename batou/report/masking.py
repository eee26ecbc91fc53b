"""Known secret values → ``***``, in everything that is said."""

import base64
import re
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any
from urllib.parse import quote, quote_plus

from batou.report.events import Event

MASK = "***"

SHORTEST = 4
"""Characters that a value needs to be masked; shorter ones occur everywhere."""


def encodings(secret: str) -> set[str]:
    """The forms in which *secret* may show up: as it is, URL-encoded, in base64, escaped."""
    raw = secret.encode("utf-8", "surrogateescape")
    encoded = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    encoded |= {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    encoded |= {
        repr(secret)[1:-1],
        secret.replace("\n", "\\n"),
        secret.encode("unicode_escape").decode(),
    }
    return {form.rstrip("=") for form in encoded}


class Masker:
    """Replaces known values in texts and events."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Mask *secrets* from now on; of a secret with several lines each line counts, too."""
        for secret in secrets:
            for part in {secret, secret.strip(), *map(str.strip, secret.splitlines())}:
                if len(part) >= SHORTEST:
                    self._forms |= {form for form in encodings(part) if len(form) >= SHORTEST}
        longest_first = sorted(self._forms, key=len, reverse=True)
        self._pattern = (
            re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        )

    def __bool__(self) -> bool:
        return self._pattern is not None

    def mask(self, text: str) -> str:
        """*text* with every known value replaced.

        >>> Masker(["hunter2"]).mask("mysql://root:hunter2@db")
        'mysql://root:***@db'
        """
        return self._pattern.sub(MASK, text) if self._pattern else text

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
        if not self._pattern:
            return event
        return replace(
            event,
            **{field.name: self._value(getattr(event, field.name)) for field in fields(event)},
        )
