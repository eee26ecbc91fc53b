"""Configure one tree: attach to the parent, apply overrides, configure, add the companion."""

import os
import sys
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from batou.component.attribute import Attribute
from batou.component.platforms import add_companion
from batou.errors import (
    ConfigurationError,
    ConversionError,
    MissingOverrideAttributes,
    ReportingException,
)
from batou.errors.explaining import place_of

if TYPE_CHECKING:
    from batou.component.component import Component


@dataclass
class Creation:
    """That a component was created: where, and in the ``configure`` of which other one."""

    component: "Component"
    path: str
    line: int
    creator: "Component | None"


class Watch:
    """Knows which components were created, and which one is being configured."""

    def __init__(self) -> None:
        self.created: list[Creation] = []
        self.configuring: Component | None = None


_watch: ContextVar[Watch | None] = ContextVar("batou.component.watch", default=None)


@contextmanager
def watching_creation() -> Iterator[list[Creation]]:
    """Collects what is created inside the block."""
    watch = Watch()
    token = _watch.set(watch)
    try:
        yield watch.created
    finally:
        _watch.reset(token)


def note_creation(component: "Component") -> None:
    """Remember *component* and the place that creates it, if somebody wants to know."""
    watch = _watch.get()
    if watch is None:
        return
    frame = sys._getframe(2)
    while frame.f_code.co_name == "__init__" and frame.f_back:
        frame = frame.f_back
    place = component.__dict__["_created_at"] = (frame.f_code.co_filename, frame.f_lineno)
    watch.created.append(Creation(component, *place, watch.configuring))


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
    if kw:
        component.__dict__.update(kw, _given=tuple(kw))


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
            key: component.__dict__[key]
            for key in component._given
            if isinstance(getattr(type(component), key, None), Attribute)
        }
        apply_overrides(component, parent.overrides)
        component.__dict__.update(given)
    _configure(component)
    component._platform_component = add_companion(component)
    component._prepared = True


def _configure(component: "Component") -> None:
    directory = component.root.defdir
    before = os.getcwd()
    if before != directory:
        os.chdir(directory)
    watch = _watch.get()
    if watch:
        outer, watch.configuring = watch.configuring, component
    try:
        call(component, "configure")
    finally:
        if watch:
            watch.configuring = outer
        os.chdir(before)


def call(component: "Component", method: str, **kw: Any) -> None:
    """Call a method; raises ConfigurationError if that only makes a generator or a coroutine."""
    result = getattr(component, method)(**kw)
    if isinstance(result, (Generator, Coroutine, AsyncGenerator)):
        word = "yield" if isinstance(result, Generator) else "async"
        if isinstance(result, Coroutine):
            result.close()
        name = type(component).__name__
        error = ConfigurationError(
            f"{name}.{method} does nothing, because of {word!r} in it", component
        )
        error.location = place_of(component, method)
        raise error


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
    return isinstance(value, cached_property) or (
        isinstance(value, property) and value.fset is None
    )


def _override(component: "Component", attribute: Attribute, key: str, value: Any) -> None:
    try:
        setattr(component, key, attribute.from_config_string(component, value))
    except ReportingException as error:
        locations = getattr(component.root.environment, "_override_locations", {})
        location = locations.get((component.root.name, key))
        if location:
            error.location = location
        if isinstance(error, ConversionError) and getattr(value, "is_secret", False):
            error.value_repr = "<secret>"
            error.error_str = "it is a secret, so neither it nor more about it is shown"
        raise


def place(component: "Component", key: str) -> str:
    """Where the environment sets *key* of a root's component."""
    locations = getattr(component.root.environment, "_override_locations", {})
    return str(locations.get((component.root.name, key), ""))


def _is_own_attribute(kind: type, name: str) -> bool:
    from batou.component.component import Component

    if name.startswith("_") or hasattr(Component, name):
        return False
    value = getattr(kind, name, None)
    return isinstance(value, Attribute) or not (callable(value) or _is_read_only(value))
