"""What a host is told before it configures: its roots, and the values they are entitled to."""

import os
from typing import Any

from batou.deploy.connect import ships, workdir_base
from batou.deploy.options import RunOptions
from batou.deploy.schedule import needed_roots
from batou.environment import Environment, Secret


def configure_request(
    environment: Environment, options: RunOptions, name: str, is_whole: bool = False
) -> dict[str, Any]:
    """The request that lets host *name* load the project and configure its share of the model.

    With *is_whole* it configures all of it, because nobody knows yet what its share is.
    """
    if is_whole:
        needed = [(root.host.name, root.name) for root in environment.root_components]
    else:
        needed = needed_roots(_requirements(environment), _own(environment, name))
    components = {component for _, component in needed}
    hosts = {host for host, _ in needed} | {name}
    overrides = {
        component: dict(values)
        for component, values in environment.overrides.items()
        if component in components or component not in _assigned(environment)
    }
    return {
        "do": "configure",
        "environment": environment.name,
        "host": name,
        "goal": options.goal.value,
        "debug": options.debug,
        "base_dir": base_dir(environment),
        "workdir_base": workdir_base(environment, options.goal),
        "timeout": environment.timeout,
        "platform": environment.platform,
        "check_and_predict_local": environment.check_and_predict_local,
        "hostname_mapping": environment.hostname_mapping,
        "roots": None if is_whole else needed,
        "overrides": overrides,
        "secret_keys": _secret_keys(overrides),
        "host_data": {host: environment.hosts[host].data for host in sorted(hosts)},
        "secret_files": environment.secret_files,
        "secret_data": sorted(environment.secret_data),
        "secret_values": secret_values(environment),
        "resolve_override": environment._net.resolve_override,
        "resolve_v6_override": environment._net.resolve_v6_override,
    }


def base_dir(environment: Environment) -> str:
    """Where the deployment is on the host: below its target, or on this machine."""
    if ships(environment):
        return environment.deployment_base
    return os.path.join(environment.target_directory or ".", environment.deployment_base)


def _requirements(environment: Environment) -> dict[tuple[str, str], list[tuple[str, str]]]:
    return {
        (root.host.name, root.name): [(need.host.name, need.name) for need in needs]
        for root, needs in environment.resources.requirements().items()
    }


def _own(environment: Environment, name: str) -> list[tuple[str, str]]:
    return [(name, root) for root in environment.hosts[name].components]


def _assigned(environment: Environment) -> set[str]:
    """Components that some host has; overrides of others are data for whoever reads them."""
    return {root.name for root in environment.root_components}


def _secret_keys(overrides: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (component, key)
        for component, values in overrides.items()
        for key, value in values.items()
        if isinstance(value, Secret)
    ]


def secret_values(environment: Environment) -> list[str]:
    """Everything of the environment that must never be shown."""
    values = {
        str(value)
        for overrides in environment.overrides.values()
        for value in overrides.values()
        if isinstance(value, Secret)
    }
    for host in environment.hosts.values():
        values |= {str(value) for value in host.data.values() if isinstance(value, Secret)}
    values |= {text for text in environment.secret_files.values() if isinstance(text, str)}
    return sorted(values | environment.secret_data)
