"""Configure one tree: attach to the parent, apply overrides, configure, add the companion."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from batou.component.attribute import Attribute
from batou.errors import ConversionError, MissingOverrideAttributes, ReportingException

if TYPE_CHECKING:
    from batou.component.component import Component

Created = list[tuple["Component", str]]

_created: ContextVar[Created | None] = ContextVar("batou.component.created", default=None)


@contextmanager
def watching_creation() -> Iterator[Created]:
    """Collects the components created inside the block, and where."""
    created: Created = []
    token = _created.set(created)
    try:
        yield created
    finally:
        _created.reset(token)


def note_creation(component: "Component") -> None:
    """Remember *component* and the place that creates it, if somebody wants to know."""
    created = _created.get()
    if created is None:
        return
    frame = sys._getframe(2)
    while frame.f_code.co_name == "__init__" and frame.f_back:
        frame = frame.f_back
    created.append((component, f"{frame.f_code.co_filename}:{frame.f_lineno}"))


def take_arguments(component: "Component", namevar: Any, kw: dict[str, Any]) -> None:
    """Store constructor arguments in the instance.

    Raises ValueError for keywords that are no attributes of the class, and when
    the namevar is missing or superfluous.
    """
    kind = type(component)
    missing = object()
    if unknown := [
        key for key in kw if (value := getattr(kind, key, missing)) is missing or _is_method(value)
    ]:
        from batou.errors import closest

        known = [name for name in dir(kind) if _is_argument(kind, name)]
        guess = closest(unknown[0], known)
        raise ValueError(
            f"{kind.__name__} has no attribute {', '.join(map(repr, unknown))}"
            + (f", {guess}" if guess else "")
        )
    if kind.namevar:
        if namevar is None:
            raise ValueError(f"{kind.__name__} needs a value for its namevar {kind.namevar!r}")
        kw[kind.namevar] = namevar
    elif namevar:
        raise ValueError(f"{kind.__name__} takes keywords only, it has no namevar for {namevar!r}")
    component.__dict__.update(kw)


def _is_method(value: Any) -> bool:
    return callable(value) and not isinstance(value, Attribute)


def _is_argument(kind: type, name: str) -> bool:
    return not name.startswith("_") and not _is_method(getattr(kind, name, None))


def prepare(component: "Component", parent: Any) -> None:
    """Make *component* part of its *parent*'s tree, and configure it."""
    from batou.component.component import Component

    component.parent = parent
    component.workdir = parent.workdir
    component.sub_components = []
    if not isinstance(parent, Component):
        given = {
            key: value
            for key, value in component.__dict__.items()
            if isinstance(getattr(type(component), key, None), Attribute)
        }
        apply_overrides(component, parent.overrides)
        component.__dict__.update(given)
    _configure_in(component, component.defdir)
    component._platform_component = _add_companion(component)
    component._prepared = True


def _configure_in(component: "Component", directory: str) -> None:
    before = os.getcwd()
    if before != directory:
        os.chdir(directory)
    try:
        component.configure()
    finally:
        os.chdir(before)


def _add_companion(component: "Component") -> "Component | None":
    platforms = type(component).__dict__.get("_platforms")
    if not platforms:
        return None
    factory = platforms.get(component.host.platform)
    if factory is None:
        return None
    companion: Component = factory()
    component.__add__(companion)
    return companion


def apply_overrides(component: "Component", overrides: dict[str, Any]) -> None:
    """Set what the environment overrides.

    Raises MissingOverrideAttributes, after all others are set, for names that
    the class lacks.
    """
    kind = type(component)
    nothing = object()
    missing = []
    for key, value in overrides.items():
        attribute = getattr(kind, key, nothing)
        if attribute is nothing or _is_method(attribute) or _is_read_only(attribute):
            missing.append(key)
        elif isinstance(attribute, Attribute):
            _override(component, attribute, key, value)
        else:
            setattr(component, key, str(value) if isinstance(value, str) else value)
    if missing:
        known = sorted(name for name in dir(kind) if _is_own_attribute(kind, name))
        places = [where for key in missing if (where := place(component, key))]
        raise MissingOverrideAttributes.about(component, missing, known, places)


def _is_read_only(value: Any) -> bool:
    return isinstance(value, property) and value.fset is None


def _override(component: "Component", attribute: Attribute, key: str, value: Any) -> None:
    try:
        setattr(component, key, attribute.from_config_string(component, value))
    except ReportingException as error:
        locations = getattr(component.environment, "_override_locations", {})
        location = locations.get((component.root.name, key))
        if location:
            error.location = location
        if isinstance(error, ConversionError) and getattr(value, "is_secret", False):
            error.value_repr = "<secret>"
        raise


def place(component: "Component", key: str) -> str:
    """Where the environment sets *key* of a root's component."""
    locations = getattr(component.environment, "_override_locations", {})
    return str(locations.get((component.root.name, key), ""))


def _is_own_attribute(kind: type, name: str) -> bool:
    from batou.component.component import Component

    if name.startswith("_") or hasattr(Component, name):
        return False
    value = getattr(kind, name, None)
    return isinstance(value, Attribute) or not callable(value)
