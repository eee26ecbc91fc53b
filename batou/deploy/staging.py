"""Containers that stand for the hosts of an environment: the environment as it is, elsewhere."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from batou.environment import Environment

NOWHERE = ipaddress.ip_network("192.0.2.0/24")
"""Addresses that lead nowhere (RFC 5737), for hosts that have no container."""


@dataclass(frozen=True)
class Staging:
    """Where the hosts of a run are instead, and how they find each other.

    *method* is how containers are reached: ``docker`` or ``podman``. *containers*
    and *addresses* are by the name of the host. The files below
    *repository_root* are deployed. *secrets* makes the secrets; None means that they
    are decrypted.
    """

    method: str
    containers: Mapping[str, str]
    addresses: Mapping[str, str]
    repository_root: str | None = None
    secrets: Callable[[Environment], Any] | None = None

    def prepare(self, environment: Environment) -> None:
        """Let *environment*, which is not loaded yet, be deployed to the containers.

        Provisioners are not called, and names that they have chosen are kept.
        """
        environment.connect_method = self.method
        environment._is_controller = environment._keeps_host_map = False

    def settle(self, environment: Environment) -> None:
        """Lead to the containers when the hosts of *environment* are meant, which is loaded.

        What ``[resolver]`` says stays. The working tree is deployed as it is.
        """
        if self.repository_root is not None:
            environment.update_method = "rsync"
            environment.repository_root = self.repository_root
        overrides = environment._net.resolve_override
        for name, address in names_and_addresses(environment, self.addresses).items():
            overrides.setdefault(name, address)
        for host in environment.hosts.values():
            host._container = self.containers.get(host.name)
            host.python = None  # of the host; its container has the one of its platform


def names_and_addresses(environment: Environment, addresses: Mapping[str, str]) -> dict[str, str]:
    """An address for every name of every host; names of this machine keep their own."""
    nowhere = NOWHERE.hosts()
    found: dict[str, str] = {}
    for host in environment.hosts.values():
        address = addresses.get(host.name) or str(next(nowhere, NOWHERE.network_address))
        for name in names_of(host):
            found.setdefault(name, address)
    return found


def names_of(host: Any) -> list[str]:
    """What a host is called: its name, with the domain, and its aliases, each once."""
    domain = host.environment.host_domain
    aliases = [name for alias in host._aliases for name in (alias, f"{alias}.{domain or ''}")]
    names = dict.fromkeys([host.name, host._name, host.fqdn, *aliases])
    return [name for name in names if not name.endswith(".") and not is_of_this_machine(name)]


def is_of_this_machine(name: str) -> bool:
    """Whether *name* means the machine that asks, whichever that is.

    >>> is_of_this_machine("localhost"), is_of_this_machine("127.0.0.1"), is_of_this_machine("db")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
