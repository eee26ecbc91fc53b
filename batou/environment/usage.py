"""Who reads what: watched while the model is configured on the controller."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batou.component.root import RootComponent
    from batou.environment.environment import Environment

Reader = tuple[str, str]
"""A host and a component."""


class Watched(dict[str, Any]):
    """A dictionary that says which of its keys are read; going over all reads each."""

    def __init__(self, values: Mapping[str, Any], note: Callable[[str], None]) -> None:
        super().__init__(values)
        self._note = note

    def _note_all(self) -> None:
        for key in list(super().__iter__()):
            self._note(key)

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        if key in self:
            self._note(key)
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            self._note(key)
        return super().pop(key, *default)

    def __iter__(self) -> Iterator[str]:
        self._note_all()
        return super().__iter__()

    def keys(self) -> Any:
        self._note_all()
        return super().keys()

    def values(self) -> Any:
        self._note_all()
        return super().values()

    def items(self) -> Any:
        self._note_all()
        return super().items()

    def copy(self) -> dict[str, Any]:
        return dict(self)


@dataclass
class Usage:
    """Who reads what, as ``{what: {(host, component)}}``.

    *files* are secret files, *sections* overrides of a component by its name,
    *data* are (host, key), and *roots* are (host, component) whose component
    somebody asked for. *needs* says of each root whose values it has received,
    by requiring resources or by asking for a component, and is made once it is
    known.
    """

    files: dict[str, set[Reader]] = field(default_factory=dict)
    sections: dict[str, set[Reader]] = field(default_factory=dict)
    data: dict[tuple[str, str], set[Reader]] = field(default_factory=dict)
    roots: dict[Reader, set[Reader]] = field(default_factory=dict)
    needs: dict[Reader, set[Reader]] = field(default_factory=dict)


@contextmanager
def watching(environment: "Environment") -> Iterator[Usage]:
    """Notes what roots read while they are configured inside the block."""
    usage = Usage()
    active: list[RootComponent] = []

    def noting(found: dict[Any, set[Reader]], *prefix: str) -> Callable[[str], None]:
        def note(key: str) -> None:
            if active:
                what = (*prefix, key) if prefix else key
                found.setdefault(what, set()).add(_name(active[-1]))

        return note

    def note_root(root: "RootComponent") -> None:
        if active and active[-1] is not root:
            usage.roots.setdefault(_name(root), set()).add(_name(active[-1]))

    def watched(root: "RootComponent") -> Callable[[], None]:
        prepare = root.prepare

        def prepare_noting() -> None:
            active.append(root)
            try:
                prepare()
            finally:
                active.pop()

        return prepare_noting

    files, overrides = environment.secret_files, environment.overrides
    data = {host: host.data for host in environment.hosts.values()}
    environment.secret_files = Watched(files, noting(usage.files))
    environment.overrides = Watched(overrides, noting(usage.sections))
    for host in data:
        host.data = Watched(host.data, noting(usage.data, host.name))
    for root in environment.root_components:
        root._on_demand = note_root
        root.prepare = watched(root)  # type: ignore[method-assign]  # only for this block
    try:
        yield usage
        usage.needs = _needs(environment, usage)
    finally:
        environment.secret_files, environment.overrides = files, overrides
        for host, values in data.items():
            values.update(dict.items(host.data))  # what components have set meanwhile
            host.data = values
        for root in environment.root_components:
            root._on_demand = None
            del root.prepare  # the class has its own


def _needs(environment: "Environment", usage: Usage) -> dict[Reader, set[Reader]]:
    needs = {
        _name(root): set(map(_name, providers))
        for root, providers in environment.resources.requirements().items()
    }
    for root, readers in usage.roots.items():
        for reader in readers:
            needs.setdefault(reader, set()).add(root)
    return needs


def _name(root: "RootComponent") -> Reader:
    return root.host.name, root.name
