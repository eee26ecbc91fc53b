"""How a host is reached: by which method, as whom, through which relay; and three tries."""

import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from batou.environment import Environment
from batou.host import Host
from batou.report import output
from batou.transport.command import CONTAINERS, Reach
from batou.transport.execnet import ExecnetLine, Opening, open_line, open_relay
from batou.transport.failures import ConnectionFailed, RelayFailed
from batou.transport.machines import METHODS, Machines
from batou.transport.opening import Openings

if TYPE_CHECKING:
    from batou.transport.relay import Relay

TRIES = 3
FIRST_WAIT = 1.0
"""Seconds before the second try; doubled before the third."""

T = TypeVar("T")


class Reaching:
    """The ways to the hosts of an environment. Threads may share it."""

    def __init__(self, environment: Environment, openings: Openings) -> None:
        self.environment = environment
        self.openings = openings
        self._machines: Machines | None = None
        self._relays: dict[str, Relay | ConnectionFailed | RelayFailed] = {}
        self._guards: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def start_machines(self, names: list[str]) -> None:
        """Start the hosts *names*, if they are machines of a tool; raises MachineFailed."""
        method = self.environment.connect_method or ""
        if method in METHODS:
            self._machines = Machines(method, self.environment.base_dir)
            output.step("main", f"Starting machines with {method} ...", icon="🧱")
            self._machines.start(names)

    def line(self, host: Host) -> tuple[ExecnetLine, dict[str, Any]]:
        """A line to *host* as its service user, and what stage zero tells.

        Raises ConnectionFailed, and RelayFailed if its relay cannot be reached.
        """
        reach = self.reach(host)
        relay = self._relay_of(host)

        def attempt(reach: Reach) -> tuple[ExecnetLine, dict[str, Any]]:
            return self._try(lambda: open_line(host.name, reach, self._opening(relay)))

        line, facts = attempt(reach)
        wanted = host.service_user
        is_settled = reach.sudo or host.require_sudo is False or reach.method in CONTAINERS
        if not wanted or is_settled or facts["user"] == wanted:
            return line, facts
        line.close()
        return attempt(reach.through_sudo())

    def _try(self, attempt: Callable[[], T]) -> T:
        for number in range(1, TRIES):
            try:
                return attempt()
            except ConnectionFailed as error:
                if error.is_final:
                    raise
                output.annotate(f"{error.summary()}, try {number} of {TRIES}", debug=True)
                self.openings.wait(FIRST_WAIT * 2 ** (number - 1))
        return attempt()

    def _opening(self, relay: "Relay | None") -> Opening:
        cache = os.path.join(self.environment.base_dir, ".batou", "cache")
        return Opening(relay=relay, openings=self.openings, cache=cache)

    # Relays

    def _relay_of(self, host: Host) -> "Relay | None":
        """The relay that leads to *host*, if it has one; all hosts behind it share it."""
        if not host.via or host._container:
            return None
        with self._guards[host.via]:
            if host.via not in self._relays:
                self._relays[host.via] = self._open_relay(host.via)
            relay = self._relays[host.via]
        if isinstance(relay, ConnectionFailed):
            raise RelayFailed(host.name, host.via, relay) from relay
        if isinstance(relay, RelayFailed):
            raise RelayFailed(host.name, relay.relay, relay) from relay
        return relay

    def _open_relay(self, name: str) -> "Relay | ConnectionFailed | RelayFailed":
        key = self.environment.hostname_mapping.get(name, name)
        host = self.environment.hosts.get(key) or Host(name, self.environment)
        try:
            before = self._relay_of(host)
            reach = self.login(host)
            return self._try(lambda: open_relay(name, reach, self._opening(before)))
        except (ConnectionFailed, RelayFailed) as error:
            return error

    def close(self) -> None:
        """Close the relays, when no line needs them any more."""
        relays = [relay for relay in self._relays.values() if not isinstance(relay, Exception)]
        for relay in reversed(relays):  # one that leads to another was opened later
            relay.close()
        if self._machines is not None:
            self._machines.close()

    # Addresses

    def reach(self, host: Host) -> Reach:
        """How to reach *host* as its service user."""
        login = self.login(host)
        sudo = bool(host.service_user and host.require_sudo) and login.method not in CONTAINERS
        return replace(login, user=host.service_user, sudo=sudo)

    def login(self, host: Host) -> Reach:
        """How to log in at *host*, as whoever may log in there.

        A relay has none of the files that are here, and nobody to ask for a password.
        """
        method, python = self.environment.connect_method or "ssh", host.python or "python3"
        if host._container:
            return Reach(method, host._container, python=python)
        if host.via:
            return Reach("ssh", host.fqdn, python=python)
        if method in CONTAINERS:
            return Reach(method, host.name, python=python)
        terminal = sys.stdin is not None and sys.stdin.isatty()
        if host is not self.environment.hosts.get(host.name):  # a relay that ssh alone knows
            config = ssh_config(self.environment)
            return Reach("ssh", host.name, ssh_config=config, is_interactive=terminal)
        if self._machines is not None:
            return Reach(
                "ssh", host.name, python=python, ssh_config=self._machines.config(host.name)
            )
        config = ssh_config(self.environment)
        return Reach("ssh", host.fqdn, python=python, ssh_config=config, is_interactive=terminal)


def ssh_config(environment: Environment) -> str | None:
    """The project's own configuration of ssh: ``ssh_config_ENVIRONMENT``, or ``ssh_config``."""
    for name in (f"ssh_config_{environment.name}", "ssh_config"):
        path = os.path.join(environment.base_dir, name)
        if os.path.exists(path):
            return path
    return None
