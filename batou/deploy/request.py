"""What a host is told before it configures: its roots, and the values they are entitled to."""

import os
from typing import Any

from batou.deploy.connect import ships, workdir_base
from batou.deploy.options import RunOptions
from batou.environment import Environment
from batou.environment.share import Share, share_of, whole


def configure_request(
    environment: Environment, options: RunOptions, name: str, is_whole: bool = False
) -> dict[str, Any]:
    """The request that lets host *name* load the project and configure its share of the model.

    With *is_whole* it configures all of it, because nobody knows what its share is.
    """
    share = whole(environment) if is_whole else share_of(environment, name)
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
        **_values(share),
        "secret_data": sorted(environment.secret_data if share.roots is None else share.words()),
        "resolve_override": environment._net.resolve_override,
        "resolve_v6_override": environment._net.resolve_v6_override,
    }


def _values(share: Share) -> dict[str, Any]:
    """The roots and the values of *share*, and which of them are secret."""
    secret_data = share.secret_data()
    return {
        "roots": share.roots,
        "overrides": share.overrides,
        "secret_keys": [
            (component, key)
            for component, values in share.secret_overrides().items()
            for key in values
        ],
        "host_data": {
            host: {key: values[key] for key in values.keys() - secret_data.get(host, {}).keys()}
            for host, values in share.data.items()
        },
        "secret_host_data": secret_data,
        "secret_files": share.files,
        "secret_values": list(share.secrets()),
        "withheld": {
            "overrides": share.withheld.overrides,
            "data": share.withheld.data,
            "files": share.withheld.files,
        },
    }


def base_dir(environment: Environment) -> str:
    """Where the deployment is on the host: below its target, or on this machine."""
    if ships(environment):
        return environment.deployment_base
    return os.path.join(environment.target_directory or ".", environment.deployment_base)


def secret_values(environment: Environment) -> list[str | bytes]:
    """Everything of the environment that must never be shown."""
    return list(whole(environment).secrets())
