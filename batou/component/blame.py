"""Whose code raised an exception: noted on it, for those who report it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batou.component.component import Component


def blame(error: BaseException, component: "Component", phase: str) -> None:
    """Note that *error* comes from *component* in *phase*, unless somebody else was blamed."""
    if not hasattr(error, "_batou_failed"):
        error._batou_failed = (component, phase)  # type: ignore[attr-defined]  # a note on it


@contextmanager
def blaming(component: "Component", phase: str) -> Iterator[None]:
    """Blame *component* for whatever is raised inside the block."""
    try:
        yield
    except BaseException as error:
        blame(error, component, phase)
        raise


def failed_component(error: BaseException) -> "tuple[Component, str] | None":
    """The component whose code raised *error*, and in which phase."""
    failed: tuple[Component, str] | None = getattr(error, "_batou_failed", None)
    return failed
