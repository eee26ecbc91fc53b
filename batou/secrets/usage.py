"""Which secrets the model uses: seen while it is configured, with nothing touched."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from batou.environment import Environment, RootComponent
from batou.environment.overrides import merge_secrets
from batou.report import listening
from batou.report.recording import Recording
from batou.secrets.blob import SecretBlob
from batou.secrets.provider import SecretProvider, attributes_of

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


@dataclass
class Usage:
    """Who reads which secret file, and which section of overrides that is not its own."""

    files: dict[str, set[Reader]] = field(default_factory=dict)
    sections: dict[str, set[Reader]] = field(default_factory=dict)

    def files_of(self, host: str) -> list[str]:
        """The secret files that components of *host* read."""
        return sorted(name for name, readers in self.files.items() if host in dict(readers))


@contextmanager
def watching(environment: Environment) -> Iterator[Usage]:
    """Notes what roots read while they are configured inside the block."""
    usage = Usage()
    active: list[RootComponent] = []

    def noting(found: dict[str, set[Reader]]) -> Callable[[str], None]:
        def note(key: str) -> None:
            if active:
                found.setdefault(key, set()).add((active[-1].host.name, active[-1].name))

        return note

    def watched(root: RootComponent) -> Callable[[], None]:
        prepare = root.prepare

        def prepare_noting() -> None:
            active.append(root)
            try:
                prepare()
            finally:
                active.pop()

        return prepare_noting

    files, overrides = environment.secret_files, environment.overrides
    environment.secret_files = Watched(files, noting(usage.files))
    environment.overrides = Watched(overrides, noting(usage.sections))
    for root in environment.root_components:
        root.prepare = watched(root)  # type: ignore[method-assign]  # only for this block
    try:
        yield usage
    finally:
        environment.secret_files, environment.overrides = files, overrides
        for root in environment.root_components:
            del root.prepare  # the class has its own


@dataclass(frozen=True)
class Model:
    """An environment as it is configured with its secrets, and what is wrong with it."""

    environment: Environment
    blob: SecretBlob
    usage: Usage
    errors: tuple[BaseException, ...]

    def overrides_of(self, host: str) -> dict[str, list[str]]:
        """The secret overrides that *host* receives: ``{component: [key]}``."""
        components = self.environment.hosts[host].components
        return {
            name: sorted(values)
            for name, values in sorted(self.blob.component_overrides.items())
            if values and (name in components or host in dict(self.usage.sections.get(name, ())))
        }

    def data_of(self, host: str) -> list[str]:
        """The keys of *host*'s secret data."""
        mapping = self.environment.hostname_mapping
        written = [
            (section.removeprefix("host:"), key)
            for section, key in self.blob.locations
            if section.startswith("host:") and key
        ]
        return sorted(key for name, key in written if mapping.get(name, name) == host)

    def is_used(self, component: str) -> bool:
        """Whether overrides of *component* have an effect."""
        assigned = {root.name for root in self.environment.root_components}
        return component in assigned or component in self.usage.sections


def load_model(provider: SecretProvider) -> Model:
    """Load and configure the environment of *provider*; no host is touched, nothing printed.

    Raises what reading the environment or its secrets raises; errors of the
    model are in it.
    """
    environment = Environment(provider.name, basedir=provider.project, check_and_predict_local=True)
    environment._writes = False
    with _quietly():
        environment.load()
    provider.knows = attributes_of(environment.components)
    blob = provider.read()
    merge_secrets(environment, blob)
    with _quietly(), watching(environment) as usage:
        environment.configure()
    return Model(environment, blob, usage, tuple(environment.exceptions))


@contextmanager
def _quietly() -> Iterator[None]:
    """What components print does not mix with what we print."""
    with listening(Recording()), redirect_stdout(sys.stderr):
        yield
