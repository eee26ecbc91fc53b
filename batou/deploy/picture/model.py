"""The configured model as values: hosts, roots, who is deployed before whom, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batou.deploy.picture.cycles import cyclic_edges
from batou.deploy.schedule import Task

if TYPE_CHECKING:
    from batou.component import Component, RootComponent
    from batou.environment import Environment
    from batou.resources import Resources


@dataclass(frozen=True)
class Branch:
    """A sub-component and what is below it."""

    name: str
    branches: "tuple[Branch, ...]" = ()


@dataclass(frozen=True)
class Root:
    """A root component; *number* is its place in the order of deployment, from 1.

    *ignored* says why it is not deployed, *missing* are the keys that it requires
    and nobody provides. A root that *is_near* was not asked for: it is shown
    because it is connected to one that was.
    """

    host: str
    name: str
    number: int = 0
    features: tuple[str, ...] = ()
    ignored: str = ""
    provides: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    branches: tuple[Branch, ...] = ()
    is_near: bool = False

    @property
    def task(self) -> Task:
        """The pair that identifies the root."""
        return self.host, self.name

    def __str__(self) -> str:
        return f"{self.host}: {self.name}"


@dataclass(frozen=True)
class HostBox:
    """A host, as far as it is drawn."""

    name: str
    platform: str = ""
    is_ignored: bool = False

    def __str__(self) -> str:
        remarks = [self.platform] if self.platform else []
        if self.is_ignored:
            remarks.append("ignored")
        return f"{self.name} ({', '.join(remarks)})" if remarks else self.name


@dataclass(frozen=True)
class Edge:
    """That root *after* is deployed after root *first*, because of *keys*.

    *reverse* are those of the keys that *first* requires in reverse; all others
    are required by *after*.
    """

    first: Task
    after: Task
    keys: tuple[str, ...]
    reverse: tuple[str, ...] = ()
    is_cyclic: bool = False

    @property
    def tasks(self) -> tuple[Task, Task]:
        """What comes first, and what comes after it."""
        return self.first, self.after

    def label(self, key: str) -> str:
        """*key*, marked if it is required in reverse.

        >>> Edge(("a", "x"), ("b", "y"), ("stop",), reverse=("stop",)).label("stop")
        'stop (reverse)'
        """
        return f"{key} (reverse)" if key in self.reverse else key


@dataclass(frozen=True)
class Picture:
    """What is drawn: *hosts* in the order of the environment, *roots* in that of deployment."""

    environment: str
    hosts: tuple[HostBox, ...] = ()
    roots: tuple[Root, ...] = ()
    edges: tuple[Edge, ...] = ()

    @property
    def has_cycle(self) -> bool:
        """Whether there is no order in which all roots can be deployed."""
        return any(edge.is_cyclic for edge in self.edges)

    @property
    def summary(self) -> str:
        """How much there is of everything."""
        own = [root for root in self.roots if not root.is_near]
        hosts = {root.host for root in own}
        return ", ".join(
            (
                counted(len(hosts), "host", "hosts"),
                counted(len(own), "component", "components"),
                counted(len(self.edges), "dependency", "dependencies"),
            )
        )

    def narrowed(self, hosts: Iterable[str] = (), components: Iterable[str] = ()) -> "Picture":
        """Only roots on *hosts* and of *components*, and those next to them; empty means all."""
        wanted_hosts, wanted_components = set(hosts), set(components)
        chosen = {
            root.task
            for root in self.roots
            if (not wanted_hosts or root.host in wanted_hosts)
            and (not wanted_components or root.name in wanted_components)
        }
        edges = tuple(e for e in self.edges if e.first in chosen or e.after in chosen)
        near = {task for edge in edges for task in (edge.first, edge.after)} - chosen
        roots = tuple(
            replace(root, is_near=True, branches=()) if root.task in near else root
            for root in self.roots
            if root.task in chosen | near
        )
        shown = {root.host for root in roots}
        return replace(
            self,
            hosts=tuple(host for host in self.hosts if host.name in shown),
            roots=roots,
            edges=edges,
        )


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun.

    >>> counted(1, "host", "hosts"), counted(0, "host", "hosts")
    ('1 host', '0 hosts')
    """
    return f"{number} {one if number == 1 else many}"


def picture_of(environment: "Environment", with_branches: bool = False) -> Picture:
    """The picture of a configured environment; *with_branches* adds sub-components."""
    order = list(dict.fromkeys([*environment._model.order, *environment.root_components]))
    missing = _missing(environment.resources)
    provided = _provided(environment.resources)
    roots = tuple(
        Root(
            host=root.host.name,
            name=root.name,
            number=number,
            features=tuple(root.features),
            ignored=_reason(root),
            provides=tuple(provided.get(root, ())),
            missing=tuple(missing.get(root, ())),
            branches=branches_of(root._component) if with_branches else (),
        )
        for number, root in enumerate(order, 1)
    )
    hosts = tuple(
        HostBox(host.name, host.platform or "", host.ignore) for host in environment.hosts.values()
    )
    return Picture(environment.name, hosts, roots, _edges(environment, order))


def _reason(root: "RootComponent") -> str:
    if root.host.ignore:
        return "host is ignored"
    return "ignored" if root.ignore else ""


def branches_of(component: "Component | None") -> tuple[Branch, ...]:
    """What is below *component*, in the order of deployment."""
    sub_components = getattr(component, "sub_components", ())
    return tuple(Branch(sub._breadcrumb, branches_of(sub)) for sub in sub_components)


def key_text(key: Any) -> str:
    """A resource's key for people."""
    return key if isinstance(key, str) else repr(key)


def _provided(resources: "Resources") -> "dict[RootComponent, list[str]]":
    provided: dict[RootComponent, list[str]] = {}
    for key in sorted(resources.resources, key=key_text):
        for root in resources.resources[key]:
            provided.setdefault(root, []).append(key_text(key))
    return provided


def _missing(resources: "Resources") -> "dict[RootComponent, list[str]]":
    missing: dict[RootComponent, list[str]] = {}
    for key, host, roots in resources.unsatisfied():
        text = f"{key_text(key)} on {host.name}" if host else key_text(key)
        for root in roots:
            keys = missing.setdefault(root, [])
            if text not in keys:
                keys.append(text)
    return missing


def _edges(environment: "Environment", order: "list[RootComponent]") -> tuple[Edge, ...]:
    dependencies = environment._model.dependencies
    keys = _keys_of_edges(environment.resources, dependencies)
    cyclic = cyclic_edges(dependencies)
    place = {root: number for number, root in enumerate(order)}
    pairs = [(after, first) for after, needs in dependencies.items() for first in needs]
    pairs.sort(key=lambda pair: (place[pair[0]], place[pair[1]]))
    return tuple(
        Edge(
            _task(first),
            _task(after),
            tuple(sorted(keys[after, first])),
            tuple(sorted(key for key, reverse in keys[after, first].items() if reverse)),
            (after, first) in cyclic,
        )
        for after, first in pairs
    )


def _task(root: "RootComponent") -> Task:
    return root.host.name, root.name


def _keys_of_edges(
    resources: "Resources",
    dependencies: "Mapping[RootComponent, Mapping[RootComponent, Any]]",
) -> "dict[tuple[RootComponent, RootComponent], dict[str, bool]]":
    """All keys of each (after, first), and whether they are required in reverse only."""
    found: dict[tuple[RootComponent, RootComponent], dict[str, bool]] = {
        (after, first): {} for after, needs in dependencies.items() for first in needs
    }
    for key, entries in resources.subscribers.items():
        provided = resources.resources.get(key, {})
        peers = {entry.root for entry in entries} & set(provided)
        text = key_text(key)
        for entry in entries:
            for provider in provided:
                if not entry.wants(provider) or {provider, entry.root} <= peers:
                    continue
                pair = (provider, entry.root) if entry.reverse else (entry.root, provider)
                if pair in found:
                    found[pair][text] = found[pair].get(text, True) and entry.reverse
    return found
