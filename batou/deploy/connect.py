"""From a host of an environment to a line over which its agent answers."""

import getpass
import os
import socket
import sys
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from batou.environment import Environment
from batou.environment.environment import environment_names
from batou.errors import ConfigurationError
from batou.goal import Goal
from batou.host import Host
from batou.report import output
from batou.transport import Arrival, Inbox, Line
from batou.transport.command import Reach
from batou.transport.complaints import ConnectionFailed
from batou.transport.execnet import ExecnetLine, open_line
from batou.transport.ship import Shipment

if TYPE_CHECKING:
    from batou.bundle.build import Builder
    from batou.bundle.bundle import Bundle
    from batou.bundle.fetch.fetching import Delivery, Fetching
    from batou.deploy.options import RunOptions

SHIPPING_METHODS = ("ssh",)
"""Connect methods of hosts that are shipped what they need."""

TRIES = 3
FIRST_WAIT = 1.0
"""Seconds before the second try; doubled before the third."""

PREDICTION = os.path.join(".batou", "prediction")
"""Where, below the target, a plan unpacks: the deployed project is not touched."""


class Connector:
    """Opens the lines of a run. Each host has a thread, so everything here may wait."""

    def __init__(self, options: "RunOptions", wait: Callable[[float], None] = time.sleep) -> None:
        self.options = options
        self.wait = wait
        self._builder: Builder | None = None
        self._fetching: Fetching | None = None
        self._deliveries: dict[str, Delivery] = {}

    def prepare(self, environment: Environment) -> None:
        """Look at the project that will be shipped, before any host is connected.

        Raises DeploymentError if its repository is not as it has to be.
        """
        if environment.connect_method in SHIPPING_METHODS:
            from batou.bundle.build import Builder
            from batou.bundle.fetch.fetching import Fetching

            self._builder = Builder(environment, self.options.is_dirty_allowed)
            source, _ = self._builder.project
            environment.deployment_base = source.base
            self._fetching = Fetching(environment, self._builder.cache)

    def model_is_made(self, names: Collection[str]) -> None:
        """Fetch what the components of hosts *names* want."""
        if self._fetching is not None:
            self._fetching.begin(names)

    def give_up(self) -> None:
        """Let no thread wait for a model that does not come."""
        if self._fetching is not None:
            self._fetching.end()

    def artifacts(self, name: str) -> dict[str, Any]:
        """What to tell host *name* about the artifacts that it was shipped."""
        delivery = self._deliveries.get(name)
        return delivery.known if delivery else {}

    def connect(self, environment: Environment, name: str, inbox: Inbox) -> Line:
        """A line to host *name*, at whose other end the agent starts; answers go to *inbox*.

        Raises ConnectionFailed if the host cannot be reached, ShippingFailed if it
        does not take the bundle, and ConfigurationError if there is no way to it.
        """
        host = environment.hosts[name]
        if environment.connect_method == "local":
            line, _ = open_line(name, Reach("local", name))
            line.send({"do": "start", "path": [entry for entry in sys.path if entry]})
        elif self._builder is not None:
            try:
                line, facts = self._reach(environment, host)
                self._ship(environment, line, facts, inbox)
            except BaseException:
                assert self._fetching is not None
                self._fetching.give_up(name)
                raise
        else:
            raise ConfigurationError(
                f"this version cannot connect by {environment.connect_method!r}; "
                f"it can by {', '.join(map(repr, ('local', *SHIPPING_METHODS)))}"
            )
        line.listen(inbox)
        return line

    # Reaching it

    def _reach(self, environment: Environment, host: Host) -> tuple[ExecnetLine, dict[str, Any]]:
        reach = reach_of(environment, host)
        line, facts = self._try(host.name, reach)
        wanted = host.service_user
        if reach.sudo or not wanted or host.require_sudo is False or facts["user"] == wanted:
            return line, facts
        line.close()
        return self._try(host.name, reach.through_sudo())

    def _try(self, name: str, reach: Reach) -> tuple[ExecnetLine, dict[str, Any]]:
        for number in range(1, TRIES):
            try:
                return open_line(name, reach)
            except ConnectionFailed as error:
                if error.is_final:
                    raise
                output.annotate(f"{error.summary()}, try {number} of {TRIES}", debug=True)
                self.wait(FIRST_WAIT * 2 ** (number - 1))
        return open_line(name, reach)

    # Shipping

    def _ship(
        self, environment: Environment, line: ExecnetLine, facts: dict[str, Any], inbox: Inbox
    ) -> None:
        from batou.bundle.interpreter import Interpreter

        assert self._builder is not None
        assert self._fetching is not None
        try:
            platform = environment.hosts[line.host].platform or ""
            interpreter = Interpreter.of(facts)
            bundle = self._builder.build(interpreter, platform)
            delivery = self._fetching.deliver(line.host, interpreter)
            self._deliveries[line.host] = delivery
            if delivery.part is not None and self.options.goal.changes_hosts:
                bundle = bundle.plus(delivery.part).prepared()
            self._send(line, bundle, shipping_target(environment, self.options.goal), inbox)
        except BaseException:
            line.close()
            raise

    def _send(self, line: ExecnetLine, bundle: "Bundle", target: str, inbox: Inbox) -> None:
        def progress(done: int, total: int) -> None:
            inbox.put(Arrival(line.host, {"say": "shipping", "done": done, "total": total}))

        manifest = bundle.manifest.to_wire()
        Shipment(line, bundle.read).ship(target, manifest, bundle.sizes, owner(), progress)
        line.send({"do": "start", "path": list(bundle.runtime)})

    def finish(self) -> None:
        """Remember what was found out about the project's files, for the next run."""
        if self._builder is not None:
            self._builder.finish(environment_names(self._builder.environment.base_dir))


def reach_of(environment: Environment, host: Host) -> Reach:
    """How to reach *host*: its name there, its service user, its Python, ssh's configuration."""
    method = environment.connect_method or "ssh"
    in_container = method in ("docker", "podman")
    return Reach(
        method=method,
        address=host.name if in_container else host.fqdn,
        user=host.service_user,
        sudo=bool(host.service_user and host.require_sudo) and not in_container,
        python=host.python or "python3",
        ssh_config=ssh_config(environment) if method == "ssh" else None,
        is_interactive=sys.stdin is not None and sys.stdin.isatty(),
    )


def ssh_config(environment: Environment) -> str | None:
    """The project's own configuration of ssh: ``ssh_config_ENVIRONMENT``, or ``ssh_config``."""
    for name in (f"ssh_config_{environment.name}", "ssh_config"):
        path = os.path.join(environment.base_dir, name)
        if os.path.exists(path):
            return path
    return None


def shipping_target(environment: Environment, goal: Goal) -> str:
    """The directory on a host that the project is unpacked into."""
    target = environment.target_directory or "~/deployment"
    return target if goal.changes_hosts else os.path.join(target, PREDICTION)


def workdir_base(environment: Environment, goal: Goal) -> str | None:
    """Where components work, relative to the target; None if that is where the project is."""
    if environment.connect_method not in SHIPPING_METHODS or goal.changes_hosts:
        return None
    return os.path.join("..", "..", environment.deployment_base, "work")


def owner() -> dict[str, Any]:
    """Who holds the lock of a host; told to whoever finds it locked."""
    return {
        "who": getpass.getuser(),
        "from": socket.gethostname(),
        "pid": os.getpid(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
    }
