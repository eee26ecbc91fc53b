"""What root components offer each other.

A resource is a value under a key. Values are remembered by key and providing
root, subscriptions by key and requiring root; both are withdrawn when a root is
configured again. All answers are ordered by the roots' place in the
environment, so they are the same on every host and in every run.
"""

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from batou.errors.tracebacks import own_place

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


Topic = tuple[Key, "Host | None"]
"""A key, as it is wanted: of one host, or of all."""


class Resources:
    """The registry of an environment."""

    def __init__(self) -> None:
        self.resources: dict[Key, dict[RootComponent, list[Any]]] = {}
        self.dirty_dependencies: set[RootComponent] = set()
        self._places: dict[tuple[RootComponent, Key, str], tuple[str, int] | None] = {}
        self._on_host: dict[Topic, dict[RootComponent, None]] = {}
        self._wanted: dict[Topic, dict[RootComponent, list[Subscription]]] = {}
        self._provided_by: dict[RootComponent, dict[Key, None]] = {}
        self._required_by: dict[RootComponent, dict[Topic, None]] = {}
        self._before: dict[RootComponent, dict[Key, list[Any]]] = {}

    @property
    def subscribers(self) -> dict[Key, list[Subscription]]:
        """All subscriptions, by key."""
        found: dict[Key, list[Subscription]] = {}
        for (key, _), entries_of in self._wanted.items():
            for entries in entries_of.values():
                found.setdefault(key, []).extend(entries)
        return found

    # While a root is configured

    def begin(self, root: "RootComponent") -> None:
        """Withdraw what *root* provided and required: it is configured (again)."""
        self._before[root] = {
            key: _take(self.resources, key, root) for key in self._provided_by.get(root, ())
        }
        for key in self._provided_by.pop(root, ()):
            _take(self._on_host, (key, root.host), root)
        for topic in self._required_by.pop(root, ()):
            _take(self._wanted, topic, root)

    def provide(self, root: "RootComponent", key: Key, value: Any) -> None:
        """Remember that *root* offers *value* under *key*."""
        self.resources.setdefault(key, {}).setdefault(root, []).append(value)
        self._on_host.setdefault((key, root.host), {})[root] = None
        self._provided_by.setdefault(root, {})[key] = None
        self._places[root, key, "provides"] = own_place()

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
        self._wanted.setdefault((key, host), {}).setdefault(root, []).append(entry)
        self._required_by.setdefault(root, {})[key, host] = None
        self._places[root, key, "requires"] = own_place()
        return self.get(key, host)

    def settle(self, root: "RootComponent") -> None:
        """*root* is configured: whoever saw other values of it before must be configured again."""
        before = self._before.pop(root, {})
        for key in {**before, **self._provided_by.get(root, {})}:
            old, new = before.get(key, []), self.resources.get(key, {}).get(root, [])
            if same_values(old, new):
                continue
            for host in (None, root.host):
                for other, entries in self._wanted.get((key, host), {}).items():
                    if other is root or all(entry.dirty for entry in entries):
                        continue
                    if not (self._are_peers(key, root, other) and alike(old, new)):
                        self.dirty_dependencies.add(other)

    def _are_peers(self, key: Key, provider: "RootComponent", other: "RootComponent") -> bool:
        """Whether *other*, which requires *key*, provides it, too, and *provider* requires it.

        Each configuring makes new objects, so peers that provide objects would
        make each other start again for ever.
        """
        return key in self._provided_by.get(other, ()) and any(
            wanted == key for wanted, _ in self._required_by.get(provider, ())
        )

    # Answers

    def place(self, root: "RootComponent", key: Key, verb: str) -> tuple[str, int] | None:
        """Where the code of *root* ``provides`` or ``requires`` *key*, as file and line."""
        return self._places.get((root, key, verb))

    def is_requiring(self, root: "RootComponent") -> bool:
        """Whether *root* requires anything."""
        return bool(self._required_by.get(root))

    def providers(self, key: Key, host: "Host | None" = None) -> "Collection[RootComponent]":
        """The roots that provide *key*, on *host* only if given."""
        if host is None:
            return self.resources.get(key, {}).keys()
        return self._on_host.get((key, host), {}).keys()

    def get(self, key: Key, host: "Host | None" = None) -> list[Any]:
        """The values under *key*, of roots on *host* only if given; a new list."""
        values = self.resources.get(key, {})
        return [
            value
            for root in sorted(self.providers(key, host), key=_place)
            for value in values[root]
        ]

    def dependencies(self) -> "dict[RootComponent, dict[RootComponent, Key]]":
        """Which root is deployed after which, and for which key.

        Roots that both provide and require a key are peers in it: among them it
        gives no order.
        """
        graph: dict[RootComponent, dict[RootComponent, Key]] = {}
        for key, root, providers, entries in self._relations():
            directions = {entry.reverse for entry in entries}
            for provider in providers:
                if provider is root or self._are_peers(key, provider, root):
                    continue
                for is_reverse in directions:
                    after, first = (provider, root) if is_reverse else (root, provider)
                    graph.setdefault(after, {}).setdefault(first, key)
        return graph

    def requirements(self) -> "dict[RootComponent, set[RootComponent]]":
        """Whose values each root has received, whatever that means for the order."""
        graph: dict[RootComponent, set[RootComponent]] = {}
        for _, root, providers, _ in self._relations():
            graph.setdefault(root, set()).update(providers)
        return graph

    def _relations(
        self,
    ) -> "Iterator[tuple[Key, RootComponent, Collection[RootComponent], list[Subscription]]]":
        """(key, root that requires it, who provides it, subscriptions)."""
        for (key, host), entries_of in self._wanted.items():
            providers = self.providers(key, host)
            for root, entries in entries_of.items():
                yield key, root, providers, entries

    def unsatisfied(self) -> "list[tuple[Key, Host | None, list[RootComponent]]]":
        """Keys that are strictly required, and not provided (on that host), and by whom."""
        found = []
        for (key, host), entries_of in self._wanted.items():
            if not self.providers(key, host):
                roots = [r for r, entries in entries_of.items() if any(e.strict for e in entries)]
                if roots:
                    found.append((key, host, sorted(roots, key=_place)))
        return found

    def unused(self) -> "Iterator[tuple[Key, RootComponent, list[Any]]]":
        """What is provided and required by nobody."""
        for key, provided in self.resources.items():
            if (key, None) in self._wanted:
                continue
            for root in sorted(provided, key=_place):
                if (key, root.host) not in self._wanted:
                    yield key, root, provided[root]


def _take(index: dict[Any, dict[Any, Any]], key: Any, root: "RootComponent") -> Any:
    """Remove *root*'s entry under *key*, and *key* itself with its last entry."""
    value = index[key].pop(root)
    if not index[key]:
        del index[key]
    return value


_PLAIN = (str, bytes, int, float, bool, type(None))


def same_values(a: Any, b: Any) -> bool:
    """Whether two values are the same object, or equal plain data.

    >>> same_values([{"port": 80}], [{"port": 80}]), same_values([object()], [object()])
    (True, False)
    """
    return _compare(a, b, lambda a, b: False)


def alike(a: Any, b: Any) -> bool:
    """Whether two values are equal, objects being compared by kind and plain attributes.

    >>> alike([ValueError("a")], [ValueError("a")]), alike([ValueError("a")], [KeyError("a")])
    (True, False)
    """
    return _compare(a, b, _looks_equal)


def _looks_equal(a: Any, b: Any) -> bool:
    compares: Any = type(a).__eq__
    if compares is not object.__eq__:
        return bool(a == b)
    return _plain_part(a) == _plain_part(b)


def _plain_part(value: Any) -> dict[str, Any]:
    return {
        name: item
        for name, item in getattr(value, "__dict__", {}).items()
        if isinstance(item, _PLAIN)
    }


def _compare(a: Any, b: Any, objects: Any) -> bool:
    """Whether plain data is equal; *objects* compares what is not plain, of the same type."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, _PLAIN):
        return bool(a == b)
    if isinstance(a, (set, frozenset)) and all(isinstance(item, _PLAIN) for item in a):
        return bool(a == b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_compare(x, y, objects) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(
            _compare(value, b[key], objects) for key, value in a.items()
        )
    return bool(objects(a, b))
