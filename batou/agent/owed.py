"""Carried changes: what changed in a run that was not finished still counts as changed.

A component is known across runs by its breadcrumbs in its root, with a number for those that
have the same ones. Secrets in them are masked before they are written down.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from batou.agent.journal import EVERYTHING

LONGEST = 200
"""Characters of an identity; what is longer ends in its digest."""

ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Identities:
    """The names of the components of one tree; made when the first is asked for."""

    def __init__(self, top: Any, mask: Callable[[str], str]) -> None:
        self._top = top
        self._mask = mask
        self._names: dict[int, str] = {}

    def of(self, component: Any) -> str:
        """The name of *component*, the same in the next run of the same model."""
        if not self._names:
            self._names = self._all()
        return self._names.get(id(component)) or self._plain(component)

    def _all(self) -> dict[int, str]:
        seen: Counter[str] = Counter()
        names = {}
        for component in (self._top, *self._top.recursive_sub_components):
            name = self._plain(component)
            seen[name] += 1
            names[id(component)] = name if seen[name] == 1 else f"{name} #{seen[name]}"
        return names

    def _plain(self, component: Any) -> str:
        return shortened(self._mask(ADDRESS.sub("", component._breadcrumbs)))


def shortened(name: str) -> str:
    """*name*, or if it is very long its begin and its digest.

    >>> len(shortened("x" * 1000))
    200
    """
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return name[: LONGEST - 33] + "…" + digest


class Owed:
    """Tells which components of a tree count as changed because of earlier runs."""

    def __init__(self, identities: Identities, names: set[str]) -> None:
        self._identities = identities
        self._names = names

    def __bool__(self) -> bool:
        return bool(self._names)

    def __call__(self, component: Any) -> bool:
        return bool(self._names) and (
            EVERYTHING in self._names or self._identities.of(component) in self._names
        )
