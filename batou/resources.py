"""What root components offer each other.

A resource is a value under a key. Values are remembered by key and providing
root, subscriptions by key and requiring root; both are withdrawn when a root is
configured again. All answers are ordered by the roots' place in the
environment, so they are the same on every host and in every run.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batou.component.root import RootComponent
    from batou.host import Host

Key = Hashable
_place = attrgetter("_index")


@dataclass(frozen=True, eq=False)
class Subscription:
    """That *root* requires a key."""

    root: "RootComponent"
    strict: bool = True
    host: "Host | None" = None
    reverse: bool = False
    dirty: bool = False

    def wants(self, provider: "RootComponent") -> bool:
        """Whether values of *provider* count."""
        return self.host is None or provider.host is self.host


class Resources:
    """The registry of an environment."""

    def __init__(self) -> None:
        self.resources: dict[Key, dict[RootComponent, list[Any]]] = {}
        self.subscribers: dict[Key, list[Subscription]] = {}
        self.dirty_dependencies: set[RootComponent] = set()
        self._keys_of: dict[RootComponent, set[Key]] = {}
        self._required_by: dict[RootComponent, set[Key]] = {}
        self._before: dict[RootComponent, dict[Key, list[Any]]] = {}

    # While a root is configured

    def begin(self, root: "RootComponent") -> None:
        """Withdraw what *root* provided and required: it is configured (again)."""
        before = {}
        for key in self._keys_of.pop(root, ()):
            before[key] = self.resources[key].pop(root)
            if not self.resources[key]:
                del self.resources[key]
        for key in self._required_by.pop(root, ()):
            rest = [entry for entry in self.subscribers[key] if entry.root is not root]
            if rest:
                self.subscribers[key] = rest
            else:
                del self.subscribers[key]
        self._before[root] = before

    def provide(self, root: "RootComponent", key: Key, value: Any) -> None:
        """Remember that *root* offers *value* under *key*."""
        self.resources.setdefault(key, {}).setdefault(root, []).append(value)
        self._keys_of.setdefault(root, set()).add(key)

    def require(
        self,
        root: "RootComponent",
        key: Key,
        host: "Host | None" = None,
        strict: bool = True,
        reverse: bool = False,
        dirty: bool = False,
    ) -> list[Any]:
        """Remember that *root* wants *key*, and return what there is."""
        entry = Subscription(root, strict, host, reverse, dirty)
        self.subscribers.setdefault(key, []).append(entry)
        self._required_by.setdefault(root, set()).add(key)
        return self.get(key, host)

    def settle(self, root: "RootComponent") -> None:
        """*root* is configured: whoever saw other values of it before must be configured again."""
        before = self._before.pop(root, {})
        for key in {*before, *self._keys_of.get(root, ())}:
            now = self.resources.get(key, {}).get(root, [])
            if same_values(before.get(key, []), now):
                continue
            for entry in self.subscribers.get(key, ()):
                if not entry.dirty and entry.root is not root and entry.wants(root):
                    self.dirty_dependencies.add(entry.root)

    # Answers

    def get(self, key: Key, host: "Host | None" = None) -> list[Any]:
        """The values under *key*, of roots on *host* only if given; a new list."""
        provided = self.resources.get(key)
        if not provided:
            return []
        roots: Iterable[RootComponent] = provided
        if host is not None:
            roots = [root for root in provided if root.host is host]
        return [value for root in sorted(roots, key=_place) for value in provided[root]]

    def dependencies(self) -> "dict[RootComponent, dict[RootComponent, Key]]":
        """Which root is deployed after which, and for which key.

        Roots that both provide and require a key are peers in it: among them it
        gives no order.
        """
        graph: dict[RootComponent, dict[RootComponent, Key]] = {}
        for key, entries in self.subscribers.items():
            provided = self.resources.get(key, {})
            peers = {entry.root for entry in entries} & set(provided) if provided else set()
            for entry in entries:
                for provider in provided:
                    if provider is entry.root or not entry.wants(provider):
                        continue
                    if provider in peers and entry.root in peers:
                        continue
                    after, first = entry.root, provider
                    if entry.reverse:
                        after, first = first, after
                    graph.setdefault(after, {}).setdefault(first, key)
        return graph

    def requirements(self) -> "dict[RootComponent, set[RootComponent]]":
        """Whose values each root has received, whatever that means for the order."""
        graph: dict[RootComponent, set[RootComponent]] = {}
        for key, entries in self.subscribers.items():
            provided = self.resources.get(key, {})
            for entry in entries:
                wanted = graph.setdefault(entry.root, set())
                wanted.update(provider for provider in provided if entry.wants(provider))
        return graph

    def unsatisfied(self) -> "list[tuple[Key, Host | None, list[RootComponent]]]":
        """Keys that are strictly required, and not provided (on that host), and by whom."""
        wanting: dict[tuple[Key, Host | None], list[RootComponent]] = {}
        for key, entries in self.subscribers.items():
            for entry in entries:
                if entry.strict and not self._has(key, entry):
                    wanting.setdefault((key, entry.host), []).append(entry.root)
        return [(key, host, roots) for (key, host), roots in wanting.items()]

    def _has(self, key: Key, entry: Subscription) -> bool:
        return any(entry.wants(provider) for provider in self.resources.get(key, ()))

    def unused(self) -> "Iterator[tuple[Key, RootComponent, list[Any]]]":
        """What is provided and required by nobody."""
        for key, provided in self.resources.items():
            entries = self.subscribers.get(key, ())
            for root in sorted(provided, key=_place):
                if not any(entry.wants(root) for entry in entries):
                    yield key, root, provided[root]


_PLAIN = (str, bytes, int, float, bool, type(None))


def same_values(a: Any, b: Any) -> bool:
    """Whether two values are the same object, or equal plain data.

    >>> same_values([{"port": 80}], [{"port": 80}]), same_values([object()], [object()])
    (True, False)
    """
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, _PLAIN):
        return bool(a == b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same_values, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_values(value, b[key]) for key, value in a.items())
    return False
