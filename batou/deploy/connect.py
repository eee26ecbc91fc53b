"""From a host of an environment to a line over which its agent answers."""

import getpass
import os
import socket
import sys
import threading
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from batou.deploy.answers import check_python
from batou.deploy.reaching import Reaching
from batou.environment import Environment
from batou.environment.environment import environment_names
from batou.goal import Goal
from batou.transport import Arrival, Inbox, Line
from batou.transport.command import Reach
from batou.transport.execnet import ExecnetLine, Opening, open_line
from batou.transport.opening import Openings
from batou.transport.ship import Shipment

if TYPE_CHECKING:
    from batou.bundle.build import Builder
    from batou.bundle.bundle import Bundle
    from batou.bundle.fetch.fetching import Delivery, Fetching
    from batou.deploy.options import RunOptions

PREDICTION = os.path.join(".batou", "prediction")
"""Where, below the target, a plan unpacks: the deployed project is not touched."""


SMALL = 4096
"""Bytes of a manifest that is sent at once, without asking whether the host has it."""


def ships(environment: Environment) -> bool:
    """Whether hosts are sent what they need; otherwise every host is this machine."""
    return environment.connect_method != "local"


class Connector:
    """Opens the lines of a run. Each host has a thread, so everything here may wait."""

    def __init__(self, options: "RunOptions") -> None:
        self.options = options
        self.openings = Openings()
        self._builder: Builder | None = None
        self._fetching: Fetching | None = None
        self._deliveries: dict[str, Delivery] = {}
        self._reaching: Reaching | None = None
        self._has_looked = threading.Event()

    def prepare(self, environment: Environment, names: list[str]) -> None:
        """Get ready to connect the hosts *names*; raises MachineFailed."""
        if ships(environment):
            self._reaching = Reaching(environment, self.openings)
            self._reaching.start_machines(names)

    def look(self, environment: Environment) -> None:
        """Look at what will be shipped, while hosts are being connected; they wait for it.

        Raises DeploymentError if the repository is not as it has to be.
        """
        try:
            if ships(environment):
                from batou.bundle.build import Builder
                from batou.bundle.fetch.fetching import Fetching

                builder = Builder(environment, self.options.is_dirty_allowed)
                source, _ = builder.project
                environment.deployment_base = source.base
                self._fetching = Fetching(environment, builder.cache)
                self._builder = builder
        finally:
            self._has_looked.set()

    def model_is_made(self, names: Collection[str]) -> None:
        """Fetch what the components of hosts *names* want."""
        if self._fetching is not None:
            self._fetching.begin(names)

    def artifacts(self, name: str) -> dict[str, Any]:
        """What to tell host *name* about the artifacts that it was shipped."""
        delivery = self._deliveries.get(name)
        return delivery.known if delivery else {}

    def connect(self, environment: Environment, name: str, inbox: Inbox) -> Line:
        """A line to host *name*, at whose other end the agent starts; answers go to *inbox*.

        Raises ConnectionFailed or RelayFailed if the host cannot be reached, and
        ShippingFailed if it does not take the bundle.
        """
        if self._reaching is None:
            cache = os.path.join(environment.base_dir, ".batou", "cache")
            opening = Opening(openings=self.openings, cache=cache)
            line, _ = open_line(name, Reach("local", name), opening)
            line.send({"do": "start", "path": [entry for entry in sys.path if entry]})
        else:
            try:
                line, facts = self._reaching.line(environment.hosts[name])
                self._ship(environment, line, facts, inbox)
            except BaseException:
                self._has_looked.wait()
                if self._fetching is not None:
                    self._fetching.give_up(name)
                raise
        line.listen(inbox)
        return line

    # Shipping

    def _ship(
        self, environment: Environment, line: ExecnetLine, facts: dict[str, Any], inbox: Inbox
    ) -> None:
        try:
            self._has_looked.wait()
            if self._builder is None or self._fetching is None:
                raise EOFError("the run has ended")
            from batou.bundle.interpreter import Interpreter

            check_python(line.host, facts)
            platform = environment.hosts[line.host].platform or ""
            interpreter = Interpreter.of(facts)
            bundle = self._builder.build(interpreter, platform)
            delivery = self._fetching.deliver(line.host, interpreter)
            self._deliveries[line.host] = delivery
            if delivery.part is not None and self.options.goal.changes_hosts:
                bundle = self._builder.extended(bundle, delivery.part)
            self._send(line, bundle, shipping_target(environment, self.options.goal), inbox)
        except BaseException:
            line.close()
            raise

    def _send(self, line: ExecnetLine, bundle: "Bundle", target: str, inbox: Inbox) -> None:
        def progress(done: int, total: int) -> None:
            inbox.put(Arrival(line.host, {"say": "shipping", "done": done, "total": total}))

        manifest = bundle.manifest.to_wire()
        patience = self.options.lock_patience
        shipment = Shipment(line, bundle.read, patience=patience)
        large = len(bundle.manifest.canonical()) > SMALL
        digest = bundle.manifest.digest if large else ""
        shipment.ship(target, manifest, bundle.sizes, owner(patience), progress, digest)
        line.send({"do": "start", "path": list(bundle.runtime)})

    def cut(self) -> None:
        """End whatever is being connected."""
        self.openings.cut()
        if self._fetching is not None:
            self._fetching.end()

    def finish(self) -> None:
        """Remember what was found out about the project's files, for the next run."""
        if self._reaching is not None:
            self._reaching.close()
        if self._builder is not None:
            self._builder.finish(environment_names(self._builder.environment.base_dir))


def shipping_target(environment: Environment, goal: Goal) -> str:
    """The directory on a host that the project is unpacked into."""
    target = environment.target_directory or "~/deployment"
    return target if goal.changes_hosts else os.path.join(target, PREDICTION)


def workdir_base(environment: Environment, goal: Goal) -> str | None:
    """Where components work, relative to the target; None if that is where the project is."""
    if not ships(environment) or goal.changes_hosts:
        return None
    return os.path.join("..", "..", environment.deployment_base, "work")


def owner(patience: float = 0.0) -> dict[str, Any]:
    """Who holds the lock of a host, told to whoever finds it locked; *patience* in seconds."""
    return {
        "who": getpass.getuser(),
        "from": socket.gethostname(),
        "pid": os.getpid(),
        "patience": patience,
        "since": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
    }
