"""Who sets which attribute of a component while the model is made."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import batou.component.prepare
import batou.component.root

CONTAINERS = (list, dict, set, bytearray)
"""Values that can change without being set anew."""

_PREPARE = batou.component.prepare.__file__
_ROOT = batou.component.root.__file__


@dataclass(frozen=True)
class Assignment:
    """That *name* was set: to what, how that looked then, by what kind of code, and where.

    *kind* is ``override``, ``features``, ``constructor`` or ``configure``.
    *function* names the method, with its class if it is not the component's own.
    """

    name: str
    value: Any
    looked: str
    kind: str
    path: str = ""
    line: int = 0
    function: str = ""


@dataclass
class Assignments:
    """What was set, by component."""

    of: dict[int, list[Assignment]] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)  # so that no id is used twice

    def note(self, component: Any, assignment: Assignment) -> None:
        """Remember *assignment*."""
        if id(component) not in self.of:
            self._kept.append(component)
        self.of.setdefault(id(component), []).append(assignment)

    def to(self, component: Any) -> list[Assignment]:
        """What was set on *component*, in this order."""
        return self.of.get(id(component), [])


@contextmanager
def watching_assignments(kind: type) -> Iterator[Assignments]:
    """Collects what is set on instances of exactly *kind* inside the block."""
    seen = Assignments()
    before: Any = kind.__setattr__
    had_own = "__setattr__" in vars(kind)

    def noting(self: Any, name: str, value: Any) -> None:
        if type(self) is kind:
            _note(seen, self, name, value, sys._getframe(1))
        before(self, name, value)

    kind.__setattr__ = noting  # type: ignore[method-assign,assignment]  # of the user's class
    try:
        yield seen
    finally:
        if had_own:
            kind.__setattr__ = before  # type: ignore[method-assign]
        else:
            del kind.__setattr__


def _note(seen: Assignments, component: Any, name: str, value: Any, frame: FrameType) -> None:
    if name == "parent" and not any(a.kind == "constructor" for a in seen.to(component)):
        for key in component._given:
            given = component.__dict__[key]
            seen.note(component, Assignment(key, given, looks(given), "constructor"))
    kind = _kind(frame, name)
    if kind and not name.startswith("_"):
        place = (frame.f_code.co_filename, frame.f_lineno, _function(frame, component))
        seen.note(component, Assignment(name, value, looks(value), kind, *place))


def _kind(frame: FrameType, name: str) -> str:
    """By what kind of code an attribute is set; empty for batou's own bookkeeping."""
    path = frame.f_code.co_filename
    if path == _PREPARE:
        return "override" if "override" in frame.f_code.co_name else ""
    if path == _ROOT:
        return "features" if name == "features" else ""
    return "configure"


def _function(frame: FrameType, component: Any) -> str:
    name = f"{frame.f_code.co_name}()" if frame.f_code.co_name != "<module>" else "the module"
    owner = frame.f_locals.get("self", component)
    return name if owner is component else f"{type(owner).__name__}.{name}"


def looks(value: Any) -> str:
    """How a value that can change looks now; empty for all others."""
    return repr(value) if isinstance(value, CONTAINERS) else ""
