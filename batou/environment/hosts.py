"""``[hosts]``, ``[host:…]``, and which components they get."""

import json
import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from batou.environment.ini import Config, ConfigSection
from batou.environment.relays import check_relays
from batou.environment.settings import HOST, read, unknown
from batou.errors import (
    ConfigurationError,
    DuplicateHostError,
    DuplicateHostMapping,
    InvalidFile,
    InvalidHostName,
    Location,
    MissingComponent,
    MissingSetting,
    closest,
    listing,
)
from batou.errors.texts import text_of
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
        if not is_host_name(name):
            environment.exceptions.append(InvalidHostName(name, section.place))
            continue
        if name in seen:
            environment.exceptions.append(DuplicateHostError(name, section.place, seen[name]))
            continue
        seen[name] = section.place
        _load_host(environment, name, section, assigned)
    check_relays(environment, config)
    _finish_host_map(environment)


def _host_sections(config: Config) -> "list[tuple[ConfigSection, list[str] | None]]":
    """Each host as a section, and its list of components (None if the key is missing)."""
    found: list[tuple[ConfigSection, list[str] | None]] = []
    short = config.get("hosts") or ConfigSection()
    for name in short:
        options = {"components": short[name]}
        if name.startswith("!"):
            options["ignore"] = "True"
        places = dict.fromkeys(options, short.places(name))
        section = ConfigSection(options, name, short.location(name), places)
        found.append((section, short.as_list(name)))
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
    environment._warnings.extend(unknown(section, HOST, ("data-", "provision-")))
    kind = LocalHost if environment.connect_method == "local" else RemoteHost
    host: Host = kind(name, environment, section)
    host.ignore = values.get("ignore", False)
    host.platform = values.get("platform", environment.platform)
    host.service_user = values.get("service_user", environment.service_user)
    host.require_sudo = values.get("require_sudo", environment.require_sudo)
    host.python = values.get("python")
    host.via = values.get("via")
    host.artifacts = values.get("artifacts", environment.artifacts)
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
    if not assigned:
        warning = ConfigurationError(f"host {name!r} has no components")
        warning.location = section.location("components")
        environment._warnings.append(warning)
    _assign(environment, host, assigned, section)


def is_host_name(name: str) -> bool:
    """Whether *name* can be one of a host.

    >>> is_host_name("web1.example.com"), is_host_name("web 1"), is_host_name("-v")
    (True, False, False)
    """
    return bool(name) and not name.startswith("-") and not re.search(r"[\s/]", name)


def _assign(
    environment: "Environment", host: Host, assigned: list[str], section: ConfigSection
) -> None:
    for name, options in parse_host_components(assigned).items():
        try:
            environment.add_root(name, host, options["features"], options["ignore"])
        except KeyError:
            if name in environment._unloadable:
                continue
            known = sorted({*environment.components, *environment._unloadable})
            place = section.location("components", name.split("\n")[0])
            advice = _about_directory(environment, name)
            environment.exceptions.append(MissingComponent(name, host.name, known, place, advice))
        else:
            _check_features(environment, name, options["features"], section)


def _about_directory(environment: "Environment", name: str) -> str:
    """What lacks in the directory of the project that is called like component *name*."""
    shown = os.path.join("components", name)
    directory = os.path.join(environment.base_dir, shown)
    if not name or os.sep in name or "\n" in name or not os.path.isdir(directory):
        return ""
    if not os.path.exists(os.path.join(directory, "component.py")):
        return f"{shown} has no component.py"
    defined = [d.name for d in environment.components.values() if d.defdir == directory]
    if defined:
        return f"{shown}/component.py defines {listing(defined)}"
    return f"{shown}/component.py defines no component: expected class {name.title()}(Component)"


def _check_features(
    environment: "Environment", name: str, features: list[str], section: ConfigSection
) -> None:
    """Warn about features that the component does not seem to know."""
    declared = getattr(environment.components[name].factory, "features", None)
    for feature in features:
        guess = closest(feature, declared) if isinstance(declared, (list, tuple)) else None
        if declared is None:
            text = f"component {name!r} declares no features, so {feature!r} may mean nothing"
        elif feature not in declared and guess:
            text = f"component {name!r} does not declare the feature {feature!r}, {guess}"
        else:
            continue
        warning = ConfigurationError(text)
        warning.location = section.location("components", feature)
        environment._warnings.append(warning)


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
        error.advice = "add a section [provisioner:default], or drop provision-dynamic-hostname"
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
    problem, line = "it is no dictionary of names", 0
    try:
        with open(path, encoding="utf-8") as file:
            pairs = json.load(file, object_pairs_hook=_Pairs)
    except (OSError, ValueError) as error:
        pairs, problem = None, text_of(error)
        if isinstance(error, json.JSONDecodeError):
            problem, line = f"it is not JSON: {error.msg}", error.lineno
    if isinstance(pairs, _Pairs) and all(isinstance(name, str) for pair in pairs for name in pair):
        return pairs
    raise InvalidFile(shown, problem, Location(shown, line), "remove or repair it")


class _Pairs(list[tuple[str, str]]):
    """The entries of a JSON object."""


def _finish_host_map(environment: "Environment") -> None:
    """Write ``hostmap.json`` if a name was chosen, remove it if none is."""
    if environment.check_and_predict_local or not environment._keeps_host_map:
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
