"""What an environment finds by entry points, because it lives above the shipping line."""

import importlib
import os
from typing import TYPE_CHECKING, Any

from batou.environment.ini import Config
from batou.errors import ConfigurationError, MissingSetting, closest, listing

if TYPE_CHECKING:
    from batou.environment.environment import Environment


def load_provisioners(environment: "Environment", config: Config) -> None:
    """Make the environment's provisioners from ``[provisioner:…]`` sections."""
    sections = list(config.with_prefix("provisioner"))
    if not sections:
        return
    import importlib.metadata  # slow, and seldom needed

    known = {e.name: e for e in importlib.metadata.entry_points(group="batou.provisioners")}
    for name, section in sections:
        method = section.get("method")
        if method is None:
            expected = listing(list(known), "the name of an entry point of 'batou.provisioners'")
            environment.exceptions.append(
                MissingSetting(section.name, "method", expected, section.place)
            )
            continue
        if method not in known:
            guess = closest(method, list(known)) or f"installed are: {listing(list(known))}"
            error = ConfigurationError(f"there is no provisioner method {method!r}; {guess}")
            error.location = section.location("method")
            environment.exceptions.append(error)
            continue
        kind: Any = known[method].load()
        provisioner = kind.from_config_section(name, section)
        provisioner.rebuild = environment.provision_rebuild
        environment.provisioners[name] = provisioner


def secret_provider(environment: "Environment") -> Any:
    """Who can decrypt the environment's secrets; None if it has none."""
    directory = environment._directory
    try:
        has_secrets = any(
            name.startswith(("secrets.cfg.", "secret-")) for name in os.listdir(directory)
        )
    except OSError:
        return None
    if not has_secrets:
        return None
    secrets = importlib.import_module("batou.secrets")
    return secrets.SecretProvider.from_environment(environment)
