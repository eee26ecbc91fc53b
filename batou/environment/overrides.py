"""``[component:…]`` and secrets: values that replace attributes of root components."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batou.environment.ini import Config
from batou.errors import (
    DuplicateOverride,
    Location,
    SuperfluousComponentSection,
    SuperfluousSecretsSection,
    UnknownHostSecretsSection,
)

if TYPE_CHECKING:
    from batou.environment.environment import Environment


class Secret(str):
    """Text that must not be shown; its repr does not.

    >>> Secret("hunter2")
    <secret>
    """

    __slots__ = ()

    is_secret = True

    def __repr__(self) -> str:
        return "<secret>"


def semantic_values(
    overrides: Mapping[str, Mapping[str, str]], files: Mapping[str, str | bytes]
) -> frozenset[str]:
    """Words of *overrides* and lines of *files*: 2.x's ``environment.secret_data``."""
    words = {
        word for values in overrides.values() for text in values.values() for word in text.split()
    }
    lines = {line for text in files.values() if isinstance(text, str) for line in text.splitlines()}
    return frozenset(words | lines)


def load_overrides(environment: "Environment", config: Config) -> None:
    """Read ``[component:…]`` sections."""
    for name, section in config.with_prefix("component"):
        if name not in environment.components and name not in environment._unloadable:
            known = sorted({*environment.components, *environment._unloadable})
            environment.exceptions.append(SuperfluousComponentSection(name, section.place, known))
            continue
        values = environment.overrides.setdefault(name, {})
        for key, value in section.items():
            values[key] = value
            if place := section.location(key):
                environment._override_locations[name, key] = place


def merge_secrets(environment: "Environment", blob: Any) -> None:
    """Add decrypted secrets: overrides, host data, files, and words to hide.

    *blob* has ``component_overrides``, ``host_data`` (without ``data-``),
    ``secret_files`` and ``secret_data``, and may have ``locations`` as
    ``{(section, key): "file:line"}``, the section as a whole having the key ``""``.
    """
    known_hosts = sorted(environment.hosts)
    for name, data in blob.host_data.items():
        real = environment.hostname_mapping.get(name, name)
        if real not in environment.hosts:
            place = _place(blob, f"host:{name}", "")
            environment.exceptions.append(UnknownHostSecretsSection(name, place, known_hosts))
            continue
        environment.hosts[real].data.update({key: Secret(value) for key, value in data.items()})
        for key in data:
            if where := _place(blob, f"host:{name}", key):
                environment._override_locations[f"host:{real}", key] = where
        environment.secret_data |= {text for value in data.values() if (text := value.strip())}
    for name, values in blob.component_overrides.items():
        if name not in environment.components and name not in environment._unloadable:
            known = sorted(environment.components)
            place = _place(blob, name, "")
            environment.exceptions.append(SuperfluousSecretsSection(name, place, known))
        _merge_component(environment, name, values, blob)
    environment.secret_files.update(blob.secret_files)
    environment.secret_data |= set(blob.secret_data)


def _merge_component(
    environment: "Environment", name: str, values: dict[str, str], blob: Any
) -> None:
    own = environment.overrides.setdefault(name, {})
    for key, value in values.items():
        if key in own:
            place = environment._override_locations.get((name, key))
            environment.exceptions.append(DuplicateOverride(name, key, place))
            continue
        own[key] = Secret(value)
        environment._override_locations[name, key] = _place(blob, name, key) or Location("secrets")


def _place(blob: Any, section: str, key: str) -> Location | None:
    """Where the secrets give *key*, if *blob* knows."""
    where = getattr(blob, "locations", {}).get((section, key))
    if not where:
        return None
    path, _, line = str(where).rpartition(":")
    return Location(path, int(line)) if path and line.isdigit() else Location(str(where))
