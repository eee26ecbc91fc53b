"""``batou secrets who``: which person and which host can read what; names only, no values."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from batou.environment.share import Share
from batou.errors import ReportingException
from batou.secrets import gpg
from batou.secrets.age import shortened
from batou.secrets.agefile import NotAnAgeFile, Stanza, stanza_for, stanzas
from batou.secrets.kinds import AgeSecretProvider
from batou.secrets.provider import NoSecretProvider, SecretProvider
from batou.secrets.usage import load_model


@dataclass(frozen=True)
class Person:
    """A member, the keys it stands for, and the files that are encrypted for one of them."""

    member: str
    keys: tuple[str, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True)
class HostShare:
    """What a host receives: keys of overrides by component, keys of data, secret files.

    *others* are keys of data of other hosts that it receives, by host.
    """

    name: str
    overrides: Mapping[str, list[str]]
    data: tuple[str, ...]
    files: tuple[str, ...]
    others: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, share: Share) -> "HostShare":
        """The names in the *share* of a host."""
        overrides = {key: sorted(values) for key, values in share.secret_overrides().items()}
        data = {host: as_written(values) for host, values in share.secret_data().items()}
        own = tuple(data.pop(name, ()))
        return cls(name, dict(sorted(overrides.items())), own, tuple(sorted(share.files)), data)


@dataclass(frozen=True)
class Table:
    """Who can read what in an environment; *problem* says why we do not know about hosts."""

    environment: str
    people: tuple[Person, ...]
    hosts: tuple[HostShare, ...]
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """Builtin types for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The table for people."""
        found = [self.environment, "    people"]
        for person in self.people:
            found.append(f"        {person.member}: {', '.join(person.reads) or 'nothing'}")
            found += [f"            {key}" for key in person.keys if key != person.member]
        found += [] if self.people else ["        (none)"]
        found.append("    hosts")
        for host in self.hosts:
            found.append(f"        {host.name}: {'; '.join(_share(host)) or 'nothing'}")
        if not self.hosts:
            found.append(f"        ({self.problem or 'none'})")
        return found


def as_written(keys: Iterable[str]) -> list[str]:
    """*keys* of data of a host, sorted, without the lower-case spellings that are added.

    >>> as_written({"Token": "x", "token": "x", "other": "y"})
    ['Token', 'other']
    """
    added = {key.lower() for key in keys if key != key.lower()}
    return sorted(key for key in keys if key not in added)


def _share(host: HostShare) -> Iterable[str]:
    for component, keys in host.overrides.items():
        yield f"{component} ({', '.join(keys)})"
    if host.data:
        yield f"host data ({', '.join(host.data)})"
    for name, keys in host.others.items():
        yield f"data of {name} ({', '.join(keys)})"
    if host.files:
        yield f"files ({', '.join(host.files)})"


def who(provider: SecretProvider, only_host: str | None = None) -> Table:
    """The table of one environment, or of one of its hosts."""
    if isinstance(provider, NoSecretProvider):
        return Table(provider.name, (), ())
    people: tuple[Person, ...] = ()
    try:
        people = tuple(people_of(provider))
        model = load_model(provider)
    except (ReportingException, NotAnAgeFile) as error:
        return Table(provider.name, people, (), str(error))
    hosts = tuple(
        HostShare.of(name, model.share_of(name))
        for name in model.environment.hosts
        if only_host in (None, name)
    )
    return Table(provider.name, people, hosts)


def people_of(provider: SecretProvider) -> Iterable[Person]:
    """The recipients of an environment, as its files say."""
    if isinstance(provider, AgeSecretProvider):
        return _age_people(provider)
    return _gpg_people(provider)


def _age_people(provider: AgeSecretProvider) -> Iterable[Person]:
    headers: dict[Path, list[set[Stanza]]] = {}
    for path, content in provider.headers():
        headers.setdefault(path, []).append(set(stanzas(content)))
    for group in provider.lock.groups:
        own = {stanza for key in group.keys if (stanza := stanza_for(key))}
        has_plugin = any(stanza_for(key) is None for key in group.keys)
        reads = tuple(
            path.name
            for path, found in headers.items()
            if has_plugin or all(own & header for header in found)
        )
        keys = tuple(shortened(key) for key in group.keys)
        yield Person(group.source or ", ".join(keys), keys if group.source else (), reads)
    yield from _strangers(provider, headers)


def _strangers(
    provider: AgeSecretProvider, headers: Mapping[Path, list[set[Stanza]]]
) -> Iterable[Person]:
    """SSH keys that files are encrypted for although ``age_keys.txt`` does not list them."""
    known = {stanza_for(key) for key in provider.lock.keys}
    found: dict[Stanza, set[str]] = {}
    for path, stanza_sets in headers.items():
        for stanza in set().union(*stanza_sets) - known:
            if stanza.tag:
                found.setdefault(stanza, set()).add(path.name)
    for stanza in sorted(found, key=repr):
        label = f"unknown {stanza.kind} key (tag {stanza.tag}), not in age_keys.txt"
        yield Person(label, (), tuple(sorted(found[stanza])))


def _gpg_people(provider: SecretProvider) -> Iterable[Person]:
    files = {path.name: gpg.key_ids_of_file(path) for path in provider.paths()}
    for key in sorted(set().union(*files.values())):
        reads = tuple(name for name, keys in files.items() if key in keys)
        yield Person(gpg.owner_of(key) or key, (key,), reads)
