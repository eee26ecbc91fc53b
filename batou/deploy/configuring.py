"""Connect the hosts of a run and let each configure its share of the model."""

from dataclasses import replace
from typing import Any

from batou.deploy import load
from batou.deploy.answers import failures_of
from batou.deploy.connect import ships
from batou.deploy.load import Aborted
from batou.deploy.model import Order, may_differ_on_hosts
from batou.deploy.options import RunOptions
from batou.deploy.request import configure_request
from batou.deploy.state import HostState
from batou.deploy.switchboard import Switchboard
from batou.environment import Environment
from batou.environment.share import whole
from batou.errors import ReportingException
from batou.errors.merge import merged
from batou.report import output, say
from batou.report.events import HostPhase
from batou.transport import Arrival


def participants(environment: Environment, options: RunOptions) -> list[str]:
    """The hosts that take part; says of each host whether it does."""
    names, hosts = [], environment.hosts
    for number, (name, host) in enumerate(hosts.items(), 1):
        place = f"({number}/{len(hosts)})"
        if host.ignore or not options.selection.takes_host(environment, name):
            why = "ignored" if host.ignore else "left out"
            output.step(name, f"Skipping host, it is {why} {place}", icon="⏭️", red=True)
            continue
        say(HostPhase(name, "connect", environment.connect_method or "ssh", number, len(hosts)))
        names.append(name)
    return names


class Configuring:
    """Waits until every host has configured, and collects all their errors.

    Hosts that cannot be reached go to `skipped`, if the run may go on without them.
    """

    def __init__(
        self, environment: Environment, options: RunOptions, switchboard: Switchboard
    ) -> None:
        self.environment = environment
        self.options = options
        self.switchboard = switchboard
        self.skipped: list[str] = []
        self._is_whole = False  # whether every host makes all of the model
        self._told: dict[str, Any] = {}  # what hosts say of the whole model
        self._waiting: set[str] = set()
        self._failures: list[BaseException] = []
        self._unreachable: list[BaseException] = []
        self._errors: list[BaseException] = []

    def run(self, names: list[str]) -> Order:
        """Connect the hosts *names* while the model is made here, then let them configure.

        Raises Aborted with what is wrong on any of them.
        """
        self.switchboard.connect(self.environment, names)
        try:
            self.switchboard.connector.look(self.environment)
        except ReportingException as error:
            raise Aborted("connect", [error]) from error
        self._configure_here()
        self.switchboard.connector.model_is_made(names)
        self._waiting = set(names)
        while self._waiting:
            arrival = self.switchboard.next()
            if arrival is not None:
                self._take(self.switchboard.hosts[arrival.host], arrival)
        if self._failures or self._errors or len(self.skipped) == len(names):
            failures = [*self._unreachable, *self._failures]
            raise Aborted("connect" if failures else "configure", [*failures, *self._errors])
        for failure in merged(self._unreachable):
            say(replace(failure, level="warning"))
        if not self._is_whole:
            return Order.of(self.environment)
        first = next((name for name in names if name in self._told), "")
        return Order.told(self.environment, self._told.get(first))

    def _configure_here(self) -> None:
        """Make the model, or leave that to the hosts if this machine may lack what they have."""
        try:
            load.configure(self.environment, "configure")
        except Aborted as aborted:
            if not (ships(self.environment) and may_differ_on_hosts(aborted.errors)):
                raise
            self._is_whole = True
            self.environment.exceptions = []
            output.line(
                "The model cannot be made on this machine, so each host makes all of it: "
                f"{str(aborted.errors[0]).splitlines()[0]}",
                yellow=True,
            )
            if any(whole(self.environment).secrets()):
                output.line(
                    "Each host is given all secrets: nobody knows which it needs.", yellow=True
                )

    def _take(self, state: HostState, arrival: Arrival) -> None:
        if arrival.closed:
            self._waiting.discard(state.name)
            lost = self.switchboard.lost(state, arrival, "before it was configured")
            if self.options.skips_unreachable and getattr(lost, "may_be_skipped", False):
                self.skipped.append(state.name)
                self._unreachable.append(lost)
            else:
                self._failures.append(lost)
            return
        answer = self.switchboard.heard(state, arrival.message)
        if answer == "connected":
            say(HostPhase(state.name, "configure"))
            request = configure_request(
                self.environment, self.options, state.name, is_whole=self._is_whole
            )
            request["artifacts"] = self.switchboard.connector.artifacts(state.name)
            self.switchboard.send(state, request)
        elif answer == "configured":
            self._waiting.discard(state.name)
            say(HostPhase(state.name, "wait"))
            self._errors.extend(failures_of(state.name, arrival.message))
            self._told[state.name] = arrival.message.get("model")
        elif answer == "crashed":
            self._waiting.discard(state.name)
            self._failures.append(failures_of(state.name, arrival.message)[0])
