"""Who is newer, who changed: the questions behind the ``assert_*`` of components."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from batou.errors import UpdateNeeded

if TYPE_CHECKING:
    from batou.component.component import Component


def require_newer(component: "Component", requirements: Any, **kw: Any) -> None:
    """Raise UpdateNeeded if *component* is missing or older than one of *requirements*."""
    from batou.component.component import Component

    reference = component.last_updated(**kw)
    if reference is None:
        raise UpdateNeeded(f"{component._breadcrumb} is missing")
    if isinstance(requirements, Component):
        requirements = [requirements]
    for requirement in requirements:
        component.__or__(requirement)
        if requirement is None:
            continue
        required = requirement.last_updated(**kw)
        if required is not None and reference < required:
            raise UpdateNeeded(f"{component._breadcrumb} is older than {requirement._breadcrumb}")


def require_current_file(
    component: "Component", reference: Any, requirements: Any, key: str = "st_mtime"
) -> None:
    """Raise UpdateNeeded if file *reference* is missing or older than one of *requirements*.

    Paths are relative to the work directory; *key* is a field of os.stat_result.
    Requirements that are missing are ignored.
    """
    own = _stamp(component.map(reference), key)
    if own is None:
        raise UpdateNeeded(f"{os.fspath(reference)!r} is missing")
    if isinstance(requirements, (str, os.PathLike)):
        requirements = [requirements]
    for requirement in requirements:
        required = _stamp(component.map(requirement), key)
        if required is not None and own < required:
            raise UpdateNeeded(f"{os.fspath(reference)!r} is older than {os.fspath(requirement)!r}")


def _stamp(path: str, key: str) -> float | None:
    try:
        stamp: float = getattr(os.stat(path), key)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stamp


def require_unchanged(components: "Iterable[Component]") -> None:
    """Raise UpdateNeeded if one of *components* changed in this run."""
    for component in components:
        if component.changed:
            raise UpdateNeeded(f"{component._breadcrumb} changed")
