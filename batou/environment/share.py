"""What a host is entitled to: its part of the model, and the values that this part reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batou import graph
from batou.environment.overrides import Secret, semantic_values
from batou.environment.usage import Reader, Usage
from batou.errors import UnknownComponentConfigurationError

if TYPE_CHECKING:
    from batou.environment.environment import Environment


@dataclass(frozen=True)
class Withheld:
    """Names of what exists and a host is not given: components, host → keys, secret files."""

    overrides: tuple[str, ...] = ()
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Share:
    """What one host is given.

    *roots* are (host, component) that it configures; None means all. *overrides*
    are ``{component: {key: value}}``, *data* ``{host: {key: value}}``, *files*
    ``{name: content}``. Values that are secret are `Secret`.
    """

    roots: tuple[Reader, ...] | None
    overrides: Mapping[str, Mapping[str, Any]]
    data: Mapping[str, Mapping[str, str]]
    files: Mapping[str, str | bytes]
    withheld: Withheld = Withheld()

    def secret_overrides(self) -> dict[str, dict[str, str]]:
        """The overrides that are secret: ``{component: {key: value}}``."""
        return _only_secret(self.overrides)

    def secret_data(self) -> dict[str, dict[str, str]]:
        """The data of hosts that is secret: ``{host: {key: value}}``."""
        return _only_secret(self.data)

    def secrets(self) -> Iterator[str | bytes]:
        """Every secret value."""
        for values in (*self.secret_overrides().values(), *self.secret_data().values()):
            yield from map(str.__str__, values.values())
        yield from self.files.values()

    def words(self) -> set[str]:
        """What `Environment.secret_data` holds on the host."""
        data = [text for values in self.secret_data().values() for text in values.values()]
        words = semantic_values(self.secret_overrides(), self.files)
        return ({text.strip() for text in data} | words) - {""}


def _only_secret(sections: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, values in sections.items():
        for key, value in values.items():
            if isinstance(value, Secret):
                found.setdefault(name, {})[key] = value
    return found


def whole(environment: "Environment") -> Share:
    """All there is."""
    data = {name: host.data for name, host in environment.hosts.items()}
    return Share(None, environment.overrides, data, environment.secret_files)


def share_of(environment: "Environment", host: str) -> Share:
    """What *host* is given; *environment* is configured.

    It configures its own roots and those that they need, transitively. It is
    given what these read. Where configuring here died of an unexpected exception,
    nobody knows what they read: then every host is given everything.
    """
    usage = environment._usage
    if usage is None or not is_known(environment):
        return whole(environment)
    own = [(host, component) for component in environment.hosts[host].components]
    roots = sorted(graph.reachable(usage.needs, own))
    everything = whole(environment)
    share = Share(
        tuple(roots),
        _overrides(environment, usage, set(roots)),
        _data(environment, usage, set(roots), host),
        {name: everything.files[name] for name in _read(usage.files, roots, everything.files)},
    )
    return Share(share.roots, share.overrides, share.data, share.files, _rest(everything, share))


def is_known(environment: "Environment") -> bool:
    """Whether configuring on the controller has shown what each root reads."""
    errors = environment._model.errors
    return not any(isinstance(error, UnknownComponentConfigurationError) for error in errors)


def _read(
    found: Mapping[Any, set[Reader]], roots: "list[Reader] | set[Reader]", existing: Any
) -> list[Any]:
    """What of *existing* one of *roots* has read."""
    wanted = set(roots)
    return sorted(what for what, readers in found.items() if what in existing and readers & wanted)


def _overrides(
    environment: "Environment", usage: Usage, roots: set[Reader]
) -> dict[str, dict[str, Any]]:
    overrides = environment.overrides
    names = {name for _, name in roots} | set(_read(usage.sections, roots, overrides))
    return {name: dict(values) for name, values in overrides.items() if name in names}


def _data(
    environment: "Environment", usage: Usage, roots: set[Reader], own: str
) -> dict[str, dict[str, str]]:
    """Data of *own*, and of hosts that take part in its model: there, secrets only if read."""
    names = {own} | {host for host, _ in roots}
    names |= {host for (host, _), readers in usage.data.items() if readers & roots}
    return {
        name: {
            key: value
            for key, value in environment.hosts[name].data.items()
            if name == own
            or not isinstance(value, Secret)
            or usage.data.get((name, key), set()) & roots
        }
        for name in sorted(names)
    }


def _rest(everything: Share, share: Share) -> Withheld:
    """The names of secrets that are not in *share*."""
    given = share.secret_data()
    data = {
        host: tuple(sorted(values.keys() - given.get(host, {}).keys()))
        for host, values in everything.secret_data().items()
    }
    return Withheld(
        tuple(sorted(everything.secret_overrides().keys() - share.overrides.keys())),
        {host: keys for host, keys in data.items() if keys},
        tuple(sorted(everything.files.keys() - share.files.keys())),
    )
