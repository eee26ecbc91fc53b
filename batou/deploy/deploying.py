"""Let the hosts deploy their roots, as fast as the dependencies allow."""

from batou.component.apply import Outcome
from batou.deploy.answers import checked_outcome, failures_of
from batou.deploy.options import MAX_HOSTS_AT_ONCE, RunOptions
from batou.deploy.schedule import Schedule, Task
from batou.deploy.state import HostState
from batou.deploy.switchboard import Switchboard
from batou.environment import Environment
from batou.report import output, say
from batou.report.events import HostPhase, RootOutcome
from batou.transport import Arrival


def say_left_out(environment: Environment, left_out: list[tuple[Task, str]]) -> None:
    """Say which components are skipped because the environment ignores them."""
    for (host, root), reason in left_out:
        if environment.hosts[host].ignore or "ignored" in reason:
            output.step(host, f"Skipping component {root} ... ({reason})", icon="⏭️", red=True)


def say_rollout(environment: Environment, schedule: Schedule) -> None:
    """Say which components are deployed on some hosts only at once."""
    for name, limit in environment._rollout.items():
        hosts = sum(root == name for _, root in schedule.order)
        if hosts > limit:
            many = "host" if limit == 1 else "hosts"
            output.line(f"Rollout: {name} on at most {limit} {many} at once, of {hosts}")


class Deploying:
    """Gives hosts the roots that may be deployed, and takes down how they end."""

    def __init__(
        self,
        environment: Environment,
        options: RunOptions,
        switchboard: Switchboard,
        schedule: Schedule,
    ) -> None:
        self.options = options
        self.switchboard = switchboard
        self.schedule = schedule
        jobs = options.jobs or environment.jobs or MAX_HOSTS_AT_ONCE
        self.jobs = min(jobs, MAX_HOSTS_AT_ONCE)

    def run(self) -> None:
        """Deploy until everything has ended that can be reached."""
        for state in self.switchboard.hosts.values():
            state.roots = sum(host == state.name for host, _ in self.schedule.order)
        self._start_batches()
        for state in self.switchboard.hosts.values():
            self._say_how_far(state)
        while not self.schedule.is_over:
            arrival = self.switchboard.next()
            if arrival is not None:
                self._take(self.switchboard.hosts[arrival.host], arrival)
            if not self.schedule.running:
                self.switchboard.teller.tell()

    def _start_batches(self) -> None:
        if self.switchboard.is_stopping:
            return
        for host, roots in self.schedule.next_batches(self.jobs).items():
            self.switchboard.send(self.switchboard.hosts[host], {"do": "deploy", "roots": roots})

    def _take(self, state: HostState, arrival: Arrival) -> None:
        answer = ""
        if arrival.closed:
            failure = self.switchboard.lost(state, arrival, "while it was being deployed")
            self._lose(state, "the line broke")
            self.switchboard.teller.report([failure])
        else:
            answer = self.switchboard.heard(state, arrival.message)
            if answer == "root":
                self._account(state, *checked_outcome(arrival.message))
            elif answer in ("done", "crashed"):
                if answer == "crashed":
                    failures = failures_of(state.name, arrival.message)
                    self.switchboard.teller.report(list(failures))
                    self._lose(state, "the host crashed")
                self.schedule.idle(state.name)
        self._start_batches()
        if arrival.closed or answer in ("done", "crashed"):
            self._say_how_far(state)

    def _say_how_far(self, state: HostState) -> None:
        """Say of an idle host whether it has finished, failed, or waits for others."""
        if state.name in self.schedule.running or state.ended is not None:
            return
        phase = "wait"
        if state.name in self.schedule.stopped:
            phase = "failed"
        elif len(state.outcomes) >= state.roots:
            phase = "done"
        if phase != "wait":
            state.end()
        say(HostPhase(state.name, phase, "", len(state.outcomes), state.roots))

    def _account(self, state: HostState, root: str, outcome: Outcome) -> None:
        state.outcomes[root] = outcome
        state.in_hand = ""
        task = (state.name, root)
        if outcome is Outcome.FAILED:
            self.schedule.fail(task)
        else:
            self.schedule.finish(task)

    def _lose(self, state: HostState, reason: str) -> None:
        for host, root in self.schedule.lose(state.name):
            state.outcomes[root] = Outcome.FAILED
            say(RootOutcome(host, root, Outcome.FAILED.value, reason))
