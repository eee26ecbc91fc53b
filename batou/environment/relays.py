"""``via`` in ``[host:…]``: the relay that leads to a host."""

from typing import TYPE_CHECKING

from batou.errors import ConfigurationError, closest, listing

if TYPE_CHECKING:
    from batou.environment.environment import Environment
    from batou.environment.ini import Config


def check_relays(environment: "Environment", config: "Config") -> None:
    """Collect what is wrong with relays: they do not exist, or lead round in a circle."""
    told: set[str] = set()
    for host in environment.hosts.values():
        error = _unknown(environment, host.via) if host.via else None
        if error is None and host.name not in told:
            circle = _circle(environment, host.name)
            told.update(circle)
            error = _circular(circle) if circle else None
        if error is not None:
            section = config.get(f"host:{host._name}")
            error.location = section.location("via") if section is not None else None
            environment.exceptions.append(error)


def is_ssh_name(name: str) -> bool:
    """Whether *name* is one for ssh, and none of the environment's.

    >>> is_ssh_name("bastion.example.com"), is_ssh_name("me@bastion"), is_ssh_name("bastion")
    (True, True, False)
    """
    return "." in name or "@" in name


def _unknown(environment: "Environment", name: str) -> ConfigurationError | None:
    known = sorted({*environment.hosts, *environment.hostname_mapping})
    if name in known or is_ssh_name(name):
        return None
    guess = closest(name, known) or f"there are: {listing(known)}"
    error = ConfigurationError(f"via names the unknown host {name!r}; {guess}")
    error.advice = f"for a host outside of the environment, write a domain or a user: me@{name}"
    return error


def _circle(environment: "Environment", name: str) -> list[str]:
    """The hosts that lead to *name* and from it to each other; empty if there is an end."""
    path: list[str] = []
    while name in environment.hosts:
        if name in path:
            return path if path[0] == name else []
        path.append(name)
        via = environment.hosts[name].via
        if not via:
            break
        name = environment.hostname_mapping.get(via, via)
    return []


def _circular(circle: list[str]) -> ConfigurationError:
    way = " via ".join(map(repr, [*circle, circle[0]]))
    error = ConfigurationError(f"relays lead round in a circle: {way}")
    error.advice = "one of them must be reached without via"
    return error
