"""`handle_event`: methods that are called when another component is about to change."""

from collections.abc import Callable, Iterator
from functools import cache
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, TypeVar

from batou.component.blame import blaming
from batou.report import output

if TYPE_CHECKING:
    from batou.component.component import Component

Method = TypeVar("Method", bound=Callable[..., Any])

SCOPES = ("*", "precursor")
BEFORE_UPDATE = "before-update"


def handle_event(event: str, scope: str) -> Callable[[Method], Method]:
    """Decorate a method to be called as ``method(source)`` when *event* happens.

    The event is ``"before-update"``: *source* is about to be updated. *scope* is
    ``"*"`` for any source of the same root component, or ``"precursor"`` for
    sources that are deployed before the receiver.
    """

    def wrapper(method: Method) -> Method:
        method._event = {"event": event, "scope": scope}  # type: ignore[attr-defined]  # a mark
        return method

    return wrapper


@cache
def handlers(kind: type) -> tuple[tuple[str, str, str], ...]:
    """(event, scope, name of the method) for each handler of a class."""
    found = []
    for name in dir(kind):
        mark = getattr(getattr_static(kind, name, None), "_event", None)
        if isinstance(mark, dict):
            found.append((mark["event"], mark["scope"], name))
    return tuple(found)


class Receivers:
    """Who receives events in the tree of one root component, found once."""

    def __init__(self, top: "Component") -> None:
        self.handlers: list[tuple[Component, str, str, str]] = []
        self._places: dict[int, int] = {}
        for place, component in enumerate(_tree(top)):
            self._places[id(component)] = place
            kind: Any = type(component)
            for event, scope, name in handlers(kind):
                self.handlers.append((component, event, scope, name))

    def of(self, event: str, source: "Component") -> "Iterator[tuple[Component, str]]":
        """Receivers of *event* from *source*, with the names of their methods."""
        for component, wanted, scope, name in self.handlers:
            if wanted == event and self._in_scope(scope, source, component):
                yield component, name

    def _in_scope(self, scope: str, source: "Component", receiver: "Component") -> bool:
        if scope == "*":
            return True
        if scope != "precursor":
            raise ValueError(f"unknown event scope {scope!r}, expected {' or '.join(SCOPES)}")
        first, second = self._places.get(id(source), -1), self._places.get(id(receiver), -1)
        return first < second and not is_ancestor(source, receiver)


def check_event_scope(scope: str, source: "Component", target: "Component") -> bool:
    """Whether *target* receives events of *source* under *scope*; ValueError if unknown."""
    return Receivers(source.root.component)._in_scope(scope, source, target)


def is_ancestor(component: Any, other: Any) -> bool:
    """Whether *other* stands somewhere below *component*."""
    while (other := getattr(other, "parent", None)) is not None:
        if other is component:
            return True
    return False


def _tree(top: "Component") -> "Iterator[Component]":
    yield top
    yield from top.recursive_sub_components


def trigger(event: str, source: "Component", predicting: bool) -> None:
    """Call all handlers of *event*; when *predicting*, only say which would be called."""
    root = source.root
    receivers = getattr(root, "_receivers", None)
    if receivers is None:
        top = getattr(root, "component", None)
        if top is None:
            return
        receivers = root._receivers = Receivers(top)
    if not receivers.handlers:
        return
    for component, name in list(receivers.of(event, source)):
        if predicting:
            output.annotate(f"Trigger {event}: {component}.{name}")
        else:
            with blaming(component, event):
                getattr(component, name)(source)
