"""``[hosts]``, ``[host:…]``, and which components they get."""

import json
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from batou.environment.ini import Config, ConfigSection
from batou.environment.settings import HOST, read, unknown
from batou.errors import (
    ConfigurationError,
    DuplicateHostError,
    DuplicateHostMapping,
    InvalidFile,
    Location,
    MissingComponent,
    MissingSetting,
    closest,
    listing,
)
from batou.host import Host, LocalHost, RemoteHost

if TYPE_CHECKING:
    from batou.environment.environment import Environment


def parse_host_components(components: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What an assignment means: ``{name: {"features": […], "ignore": bool}}``.

    >>> parse_host_components(["app:web", "app:cron", "!db"])
    {'app': {'features': ['web', 'cron'], 'ignore': False}, 'db': {'features': [], 'ignore': True}}
    """
    result: dict[str, dict[str, Any]] = {}
    for item in components:
        ignore = item.startswith("!")
        name, _, feature = item.lstrip("!").strip().partition(":")
        entry = result.setdefault(name.strip(), {"features": [], "ignore": False})
        entry["ignore"] = entry["ignore"] or ignore
        if feature := feature.strip():
            entry["features"].append(feature)
    return result


def load_hosts(environment: "Environment", config: Config) -> None:
    """Make the environment's hosts and assign their components."""
    seen: dict[str, Location | None] = {}
    for section, assigned in _host_sections(config):
        name = section.name.removeprefix("host:").lstrip("!")
        if name in seen:
            environment.exceptions.append(DuplicateHostError(name, section.place, seen[name]))
            continue
        seen[name] = section.place
        _load_host(environment, name, section, assigned)
    _finish_host_map(environment)


def _host_sections(config: Config) -> "list[tuple[ConfigSection, list[str] | None]]":
    """Each host as a section, and its list of components (None if the key is missing)."""
    found: list[tuple[ConfigSection, list[str] | None]] = []
    short = config.get("hosts") or ConfigSection()
    for name in short:
        options = {"components": short[name]}
        if name.startswith("!"):
            options["ignore"] = "True"
        place = short.location(name)
        places = dict.fromkeys(options, place) if place else {}
        found.append((ConfigSection(options, name, place, places), short.as_list(name)))
    for name, section in config.with_prefix("host"):
        if name.startswith("!"):
            section.setdefault("ignore", "True")
        components = section.as_list("components") if "components" in section else None
        found.append((section, components))
    return found


def _load_host(
    environment: "Environment", name: str, section: ConfigSection, assigned: list[str] | None
) -> None:
    values, errors = read(section, HOST)
    environment.exceptions.extend(errors)
    environment._warnings.extend(unknown(section, HOST, ("data-",)))
    kind = LocalHost if environment.connect_method == "local" else RemoteHost
    host: Host = kind(name, environment, section)
    host.ignore = values.get("ignore", False)
    host.platform = values.get("platform", environment.platform)
    host.service_user = values.get("service_user", environment.service_user)
    host.require_sudo = values.get("require_sudo", environment.require_sudo)
    host._aliases = values.get("provision-aliases", "").split()
    host.data = {
        key.removeprefix("data-"): value
        for key, value in section.items()
        if key.startswith("data-")
    }
    _choose_provisioner(environment, host, section, values)
    _choose_name(environment, host, section, values)
    environment.hosts[host.name] = host
    environment._host_places[host.name] = section.place
    if assigned is None:
        environment.exceptions.append(
            MissingSetting(section.name, "components", HOST["components"].expected, section.place)
        )
        return
    _assign(environment, host, assigned, section.location("components"))


def _assign(
    environment: "Environment", host: Host, assigned: list[str], place: Location | None
) -> None:
    for name, options in parse_host_components(assigned).items():
        try:
            environment.add_root(name, host, options["features"], options["ignore"])
        except KeyError:
            if name in environment._unloadable:
                continue
            known = sorted(environment.components)
            environment.exceptions.append(MissingComponent(name, host.name, known, place))


def _choose_provisioner(
    environment: "Environment", host: Host, section: ConfigSection, values: dict[str, Any]
) -> None:
    if environment.check_and_predict_local or not environment._is_controller:
        return
    name = values.get("provisioner") or "default"
    if name == "none" or (name == "default" and name not in environment.provisioners):
        return
    host.provisioner = environment.provisioners.get(name)
    if host.provisioner is None:
        known = sorted(environment.provisioners)
        error = ConfigurationError(
            f"host {host.name!r} wants a provisioner {name!r} that does not exist, "
            f"{closest(name, known) or 'there are: ' + listing(known)}"
        )
        error.location = section.location("provisioner")
        environment.exceptions.append(error)
        return
    host.provisioner.configure_host(host, section)


def _choose_name(
    environment: "Environment", host: Host, section: ConfigSection, values: dict[str, Any]
) -> None:
    if not values.get("provision-dynamic-hostname"):
        return
    if environment.check_and_predict_local or not environment._is_controller:
        host.remap = True  # the name has been chosen before, or stays
        return
    if host.provisioner is None:
        error = ConfigurationError(
            f"host {host._name!r} wants a dynamic name, but has no provisioner to choose it"
        )
        error.location = section.location("provision-dynamic-hostname")
        environment.exceptions.append(error)
        return
    host.remap = True
    mapping = environment.hostname_mapping
    if host._name not in mapping:
        mapping[host._name] = host.provisioner.suggest_name(host._name)


def host_map_path(environment: "Environment") -> str:
    """The file that remembers chosen names."""
    return os.path.join(environment._directory, "hostmap.json")


def load_host_map(environment: "Environment") -> None:
    """Read ``hostmap.json``: ``{configured name: real name}``."""
    path = host_map_path(environment)
    if not os.path.exists(path):
        return
    shown = environment._shown(path)
    for configured, real in _pairs(path, shown):
        known = environment.hostname_mapping.setdefault(configured, real)
        if known != real:
            duplicate = DuplicateHostMapping(configured, known, real)
            duplicate.location = Location(shown)
            environment.exceptions.append(duplicate)


def _pairs(path: str, shown: str) -> list[tuple[str, str]]:
    """The entries of a host map, repeated ones too."""
    problem = "it is no dictionary of names"
    try:
        with open(path, encoding="utf-8") as file:
            pairs = json.load(file, object_pairs_hook=_Pairs)
    except (OSError, ValueError) as error:
        pairs, problem = None, str(error)
    if isinstance(pairs, _Pairs) and all(isinstance(name, str) for pair in pairs for name in pair):
        return pairs
    raise InvalidFile(shown, problem, Location(shown), "remove or repair it")


class _Pairs(list[tuple[str, str]]):
    """The entries of a JSON object."""


def _finish_host_map(environment: "Environment") -> None:
    """Write ``hostmap.json`` if a name was chosen, remove it if none is."""
    if not environment._is_controller or environment.check_and_predict_local:
        return
    path = host_map_path(environment)
    chosen = {host._name: host.name for host in environment.hosts.values() if host.remap}
    if any(configured != real for configured, real in chosen.items()):
        text = json.dumps(chosen, indent=4, sort_keys=True) + "\n"
        temporary = path + ".new"
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    elif os.path.exists(path):
        os.remove(path)
