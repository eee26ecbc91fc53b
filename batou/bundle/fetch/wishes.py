"""What the components of a host want, and who wants it where."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batou.artifacts import Artifact, wanted_by
from batou.errors.tracebacks import shown_path

if TYPE_CHECKING:
    from batou.host import Host


@dataclass(frozen=True)
class Wish:
    """An artifact, and the component of *host* that wants it; *place* is ``file:line``."""

    artifact: Artifact
    host: str
    component: str
    place: str = ""


def wishes(host: "Host") -> list[Wish]:
    """What the components of *host* want, each artifact once."""
    found: dict[str, Wish] = {}
    for root in host.components.values():
        if root.ignore or root._component is None:
            continue
        for component, artifact in wanted_by(root._component):
            if artifact.key not in found:
                place = place_in(component, root.environment.base_dir)
                found[artifact.key] = Wish(artifact, host.name, component._breadcrumbs, place)
    return list(found.values())


def place_in(component: Any, directory: str) -> str:
    """The line of the project in *directory* that has led to *component*, if it is known."""
    for each in _upwards(component):
        path, line = each.__dict__.get("_created_at", ("", 0))
        if path and os.path.abspath(path).startswith(directory + os.sep):
            return f"{shown_path(path)}:{line}"
    return ""


def _upwards(component: Any) -> Iterator[Any]:
    while component is not None:
        yield component
        component = getattr(component, "parent", None)
