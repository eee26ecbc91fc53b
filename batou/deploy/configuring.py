"""Connect the hosts of a run and let each configure its share of the model."""

from batou.deploy import load
from batou.deploy.answers import failures_of
from batou.deploy.load import Aborted
from batou.deploy.options import RunOptions
from batou.deploy.request import configure_request
from batou.deploy.state import HostState
from batou.deploy.switchboard import Switchboard
from batou.environment import Environment
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
    """Waits until every host has configured, and collects all their errors."""

    def __init__(
        self, environment: Environment, options: RunOptions, switchboard: Switchboard
    ) -> None:
        self.environment = environment
        self.options = options
        self.switchboard = switchboard
        self._waiting: set[str] = set()
        self._failures: list[BaseException] = []
        self._errors: list[BaseException] = []

    def run(self, names: list[str]) -> None:
        """Connect the hosts *names* while the model is made here, then let them configure.

        Raises Aborted with what is wrong on any of them.
        """
        self.switchboard.connect(self.environment, names)
        load.configure(self.environment, "configure")
        self.switchboard.connector.model_is_made(names)
        self._waiting = set(names)
        while self._waiting:
            arrival = self.switchboard.next()
            if arrival is not None:
                self._take(self.switchboard.hosts[arrival.host], arrival)
        if self._failures or self._errors:
            phase = "connect" if self._failures else "configure"
            raise Aborted(phase, [*self._failures, *self._errors])

    def _take(self, state: HostState, arrival: Arrival) -> None:
        if arrival.closed:
            self._waiting.discard(state.name)
            lost = self.switchboard.lost(state, arrival, "before it was configured")
            self._failures.append(lost)
            return
        answer = self.switchboard.heard(state, arrival.message)
        if answer == "connected":
            say(HostPhase(state.name, "configure"))
            request = configure_request(self.environment, self.options, state.name)
            request["artifacts"] = self.switchboard.connector.artifacts(state.name)
            self.switchboard.send(state, request)
        elif answer == "configured":
            self._waiting.discard(state.name)
            say(HostPhase(state.name, "wait"))
            self._errors.extend(failures_of(state.name, arrival.message))
        elif answer == "crashed":
            self._waiting.discard(state.name)
            self._failures.append(failures_of(state.name, arrival.message)[0])
