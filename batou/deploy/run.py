"""A run: load → connect and configure → deploy → account for it."""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from batou.agent.wire import plain
from batou.component.apply import Outcome
from batou.deploy import load
from batou.deploy.answers import (
    FarFailure,
    checked_events,
    checked_outcome,
    failures_of,
    without_escapes,
)
from batou.deploy.connect import Connector
from batou.deploy.gathering import Gathering
from batou.deploy.load import Aborted
from batou.deploy.options import MAX_HOSTS_AT_ONCE, RunOptions
from batou.deploy.request import configure_request, secret_values
from batou.deploy.schedule import Graph, Schedule, Task
from batou.environment import Environment
from batou.errors import ReportingException
from batou.errors.explaining import thread_failure
from batou.errors.merge import merged
from batou.errors.tracebacks import frame_rows, user_frames
from batou.goal import Goal
from batou.report import output, say
from batou.report.events import Failure, Finished, HostPhase, Line, RootOutcome
from batou.report.masking import Masker
from batou.report.timing import Timer
from batou.transport import Arrival, Inbox
from batou.transport import Line as HostLine


@dataclass
class HostState:
    """How far a host is in this run."""

    name: str
    line: HostLine | None = None
    is_configured: bool = False
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    problem: str = ""
    in_hand: str = ""


class Run:
    """One run over all hosts of an environment.

    *connector* opens the line to a host. The thread that calls `execute` listens
    to all hosts; only connecting has threads of its own. *masker* learns the secrets.
    """

    def __init__(self, options: RunOptions, connector: Connector, masker: Masker) -> None:
        self.options = options
        self.connector = connector
        self.masker = masker
        self.inbox: Inbox = queue.Queue()
        self.hosts: dict[str, HostState] = {}
        self.timer = Timer("run")
        self.left_out: list[tuple[Task, str]] = []
        self.schedule = Schedule([], {})
        self.environment = Environment(options.environment)
        self.is_stopping = False
        self._failures = Gathering()
        self._failed_threads: list[BaseException] = []
        self._connecting: list[threading.Thread] = []

    # The whole

    def execute(self) -> int:
        """Run, say what comes out of it, and return the exit code."""
        start, phase, code = monotonic(), "load", 1
        threading.excepthook = self._thread_failed
        try:
            for phase, step in self._phases():
                with self.timer.step(phase):
                    step()
            code = self._exit_code()
        except Aborted as aborted:
            phase = aborted.phase
            self._report(aborted.errors)
        except KeyboardInterrupt as error:
            self._report_interrupt(error, phase)
        except Exception as error:  # a fault of batou's own; how far the run came is told, too
            self._report([error])
        finally:
            self._close()
            self.connector.finish()
            threading.excepthook = threading.__excepthook__
        self._summarize(phase, code, monotonic() - start)
        return code

    def _phases(self) -> "list[tuple[str, Callable[[], None]]]":
        phases = [("load", self._load)]
        if self.options.stays_here:
            return [*phases, ("configure", self._configure_here)]
        phases += [("provision", self._provision), ("connect", self._connect_and_configure)]
        if self.options.goal is not Goal.CHECK:
            phases.append(("deploy", self._deploy))
        return phases

    # Phases

    def _load(self) -> None:
        output.section("Preparing")
        self.environment = load.load(self.options)
        errors = self.options.selection.check(self.environment)
        if errors:
            raise Aborted("load", [*self.environment.exceptions, *errors])
        load.load_secrets(self.environment)
        self.masker.add(secret_values(self.environment))
        self.left_out = self.options.selection.left_out(self.environment)

    def _configure_here(self) -> None:
        output.section("LOCAL CONSISTENCY CHECK")
        load.configure(self.environment, "configure")

    def _provision(self) -> None:
        hosts = [host for host in self.environment.hosts.values() if host.provisioner]
        if self.environment.exceptions or not hosts:
            return
        output.section("Provisioning hosts")
        for host in hosts:
            output.step(host.name, "Provisioning host ...", icon="🧱")
            try:
                host.provisioner.provision(host)
            except Exception as error:
                raise Aborted("provision", [error]) from error

    def _connect_and_configure(self) -> None:
        if self.environment.exceptions:
            load.configure(self.environment)  # for further errors; raises
        output.section("Connecting hosts and configuring model")
        names = self._participants()
        if not names:
            raise Aborted("connect", [load.no_host(self.environment, self.left_out)])
        try:
            self.connector.prepare(self.environment)
        except ReportingException as error:
            raise Aborted("connect", [error]) from error
        self._start_connecting(names)
        load.configure(self.environment, "configure")
        self._await_configured()

    def _participants(self) -> list[str]:
        names = []
        for number, (name, host) in enumerate(self.environment.hosts.items(), 1):
            place = f"({number}/{len(self.environment.hosts)})"
            if host.ignore or not self.options.selection.takes_host(self.environment, name):
                why = "ignored" if host.ignore else "left out"
                output.step(name, f"Skipping host, it is {why} {place}", icon="⏭️", red=True)
                continue
            method = self.environment.connect_method
            output.step(name, f"Connecting via {method} {place}", icon="🌐")
            names.append(name)
        return names

    def _start_connecting(self, names: list[str]) -> None:
        slots = threading.Semaphore(MAX_HOSTS_AT_ONCE)
        for name in names:
            self.hosts[name] = HostState(name)
            say(HostPhase(name, "connect"))
            context = copy_context()
            thread = threading.Thread(
                target=context.run, args=(self._connect_one, name, slots), daemon=True
            )
            self._connecting.append(thread)
            thread.start()

    def _connect_one(self, name: str, slots: threading.Semaphore) -> None:
        with slots:
            try:
                line = self.connector.connect(self.environment, name, self.inbox)
            except Exception as error:
                self.inbox.put(Arrival(name, closed=True, error=error))
            else:
                self.inbox.put(Arrival(name, {"say": "connected", "line": line}))

    def _await_configured(self) -> None:
        waiting, failures, errors = set(self.hosts), [], []
        while waiting:
            arrival = self._next()
            if arrival is None:
                raise KeyboardInterrupt
            state = self.hosts[arrival.host]
            if arrival.closed:
                waiting.discard(arrival.host)
                failures.append(self._lost(state, arrival, "before it was configured"))
                continue
            answer = self._heard(state, arrival.message)
            if answer == "configured":
                waiting.discard(arrival.host)
                errors.extend(failures_of(state.name, arrival.message))
            elif answer == "crashed":
                waiting.discard(arrival.host)
                failures.append(failures_of(state.name, arrival.message)[0])
        if failures or errors:
            raise Aborted("connect" if failures else "configure", [*failures, *errors])

    def _deploy(self) -> None:
        predicting = self.options.goal is Goal.PREDICT
        output.section("Predicting deployment actions" if predicting else "Deploying")
        self._say_left_out()
        order = [(root.host.name, root.name) for root in self.environment._model.order]
        skipped = [task for task, _ in self.left_out]
        self.schedule = Schedule.of(order, self._graph(), skipped)
        self._start_batches()
        while not self.schedule.is_over:
            arrival = self._next()
            if arrival is not None:
                self._deploy_step(arrival)
            if not self.schedule.running:
                self._tell_failures()

    def _graph(self) -> Graph:
        return {
            (root.host.name, root.name): [(need.host.name, need.name) for need in needs]
            for root, needs in self.environment._model.dependencies.items()
        }

    def _say_left_out(self) -> None:
        for (host, root), reason in self.left_out:
            if self.environment.hosts[host].ignore or "ignored" in reason:
                output.step(host, f"Skipping component {root} ... ({reason})", icon="⏭️", red=True)

    def _start_batches(self) -> None:
        if self.is_stopping:
            return
        jobs = min(self.options.jobs or self.environment.jobs or MAX_HOSTS_AT_ONCE, 64)
        for host, roots in self.schedule.next_batches(jobs).items():
            self._send(self.hosts[host], {"do": "deploy", "roots": roots})

    def _deploy_step(self, arrival: Arrival) -> None:
        state = self.hosts[arrival.host]
        if arrival.closed:
            failure = self._lost(state, arrival, "while it was being deployed")
            self._lose(state, "the line broke")
            self._report([failure])
        else:
            answer = self._heard(state, arrival.message)
            if answer == "root":
                self._account(state, arrival.message)
            elif answer in ("done", "crashed"):
                if answer == "crashed":
                    self._report(list(failures_of(state.name, arrival.message)))
                    self._lose(state, "the host crashed")
                self.schedule.idle(state.name)
        self._start_batches()

    def _lose(self, state: HostState, reason: str) -> None:
        for host, root in self.schedule.lose(state.name):
            state.outcomes[root] = Outcome.FAILED
            say(RootOutcome(host, root, Outcome.FAILED.value, reason))

    # Talking with hosts

    def _next(self) -> Arrival | None:
        """What arrives next; None when the user has asked to stop for the first time."""
        try:
            while True:
                with suppress(queue.Empty):
                    return self.inbox.get(timeout=0.2 if self._failures else 1.0)
                if self._failures.is_due(monotonic()):
                    self._tell_failures()
        except KeyboardInterrupt:
            if self.is_stopping:
                raise
            self.is_stopping = True
            output.line(
                "Stopping: hosts finish the component in hand. Press Ctrl-C again to break off.",
                yellow=True,
            )
            for state in self.hosts.values():
                self._send(state, {"do": "stop"})
            return None

    def _send(self, state: HostState, request: dict[str, Any]) -> None:
        if state.line is None:
            return
        try:
            state.line.send(plain(request))
        except OSError as error:
            self.inbox.put(Arrival(state.name, closed=True, error=error))

    def _heard(self, state: HostState, message: Any) -> str:
        """Deal with what any phase may hear; returns what kind of message it was."""
        kind = str(message.get("say")) if isinstance(message, dict) else "garbage"
        if kind == "connected":
            state.line = message["line"]
            say(HostPhase(state.name, "configure"))
            self._send(state, configure_request(self.environment, self.options, state.name))
        elif kind == "events":
            for event in checked_events(state.name, message):
                if isinstance(event, Failure):
                    self._failures.add(event, monotonic())
                else:
                    say(event)
        elif kind == "shipping":
            say(HostPhase(state.name, "ship", "bytes", message["done"], message["total"]))
        elif kind == "stderr":
            say(Line(without_escapes(message["text"]), host=state.name))
        elif kind == "begin":
            state.in_hand = without_escapes(str(message["root"]))
            output.step(state.name, f"Scheduling component {message['root']} ...", icon="⚪")
        elif kind == "refused":
            error = FarFailure.refused(state.name, message)
            self.inbox.put(Arrival(state.name, closed=True, error=error))
        return kind

    def _account(self, state: HostState, message: dict[str, Any]) -> None:
        root, outcome = checked_outcome(message)
        state.outcomes[root] = outcome
        state.in_hand = ""
        task = (state.name, root)
        if outcome is Outcome.FAILED:
            self.schedule.fail(task)
        else:
            self.schedule.finish(task)

    def _lost(self, state: HostState, arrival: Arrival, when: str) -> BaseException:
        state.line = None
        state.problem = "the line broke" if arrival.error is None else str(arrival.error)
        return FarFailure.lost(state.name, when, arrival.error, state.in_hand)

    def _close(self) -> None:
        self._await_connecting()
        lines = [state.line for state in self.hosts.values() if state.line is not None]
        closers = [threading.Thread(target=line.close) for line in lines]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()

    def _await_connecting(self) -> None:
        """Give hosts that are being connected a moment, so that their lines can be closed, too."""
        deadline = monotonic() + 1.0
        for thread in self._connecting:
            thread.join(max(0.0, deadline - monotonic()))
        while not self.inbox.empty():
            arrival = self.inbox.get()
            if isinstance(arrival.message, dict) and "line" in arrival.message:
                self.hosts[arrival.host].line = arrival.message["line"]

    # The end

    def _thread_failed(self, failed: threading.ExceptHookArgs) -> None:
        """Keep what a thread of a component died of: there nobody listens to what is said."""
        if failed.exc_value is not None:
            self._failed_threads.append(failed.exc_value)

    def _tell_failures(self) -> None:
        while self._failed_threads:
            say(thread_failure(self._failed_threads.pop(0)))
        for failure in self._failures.take():
            say(failure)

    def _report_interrupt(self, error: KeyboardInterrupt, phase: str) -> None:
        if phase in ("deploy", "provision"):
            hint = "what was in hand may be unfinished; run it again"
        else:
            hint = "no host was changed"
        say(Failure("interrupted", tuple(frame_rows(user_frames(error.__traceback__))), hint))

    def _report(self, errors: list[BaseException]) -> None:
        for failure in merged(errors, self.options.debug):
            say(failure)
        for error in errors:
            if not isinstance(error, ReportingException):
                say(load.unexpected(error, self.options.debug))

    def _exit_code(self) -> int:
        if self.schedule.failed or self.schedule.not_reached():
            return 1
        changes = any(Outcome.WOULD_UPDATE in s.outcomes.values() for s in self.hosts.values())
        return 3 if changes and self.options.changes_exit_code else 0

    def _summarize(self, phase: str, code: int, seconds: float) -> None:
        from batou.deploy.account import summarize

        self._tell_failures()
        success = code in (0, 3)
        summarize(self, success)
        counts: dict[str, int] = {}
        for state in self.hosts.values():
            for outcome in state.outcomes.values():
                counts[outcome.value] = counts.get(outcome.value, 0) + 1
        local = " (local)" if self.options.is_local else ""
        if success:
            colour = {Goal.DEPLOY: "green", Goal.PREDICT: "purple", Goal.CHECK: "cyan"}
            style = {colour[self.options.goal]: True}
            output.section(f"{self.options.action} FINISHED{local}", **style)
        else:
            output.section(f"{self.options.action} FAILED (during {phase})", red=True)
        if not_reached := len(self.schedule.not_reached()):
            counts[Outcome.NOT_REACHED.value] = not_reached
        hosts = tuple((state.name, state.problem) for state in self.hosts.values())
        say(
            Finished(
                self.options.goal.value,
                success,
                code,
                round(seconds, 3),
                tuple(counts.items()),
                hosts,
            )
        )
