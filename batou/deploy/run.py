"""A run: load → connect and configure → deploy → account for it."""

from collections.abc import Callable
from contextlib import nullcontext
from time import monotonic

from batou.component.apply import Outcome
from batou.deploy import load
from batou.deploy.configuring import Configuring, participants
from batou.deploy.connect import Connector
from batou.deploy.deploying import Deploying, say_left_out, say_rollout
from batou.deploy.interrupts import Interrupts
from batou.deploy.load import Aborted
from batou.deploy.model import Order
from batou.deploy.options import RunOptions
from batou.deploy.request import secret_values
from batou.deploy.schedule import Schedule, Task
from batou.deploy.state import HostState
from batou.deploy.switchboard import Switchboard
from batou.deploy.telling import Teller
from batou.environment import Environment
from batou.errors import ReportingException
from batou.goal import Goal
from batou.report import output
from batou.report.masking import Masker
from batou.report.timing import Timer


class Run:
    """One run over all hosts of an environment.

    *connector* opens the line to a host. The thread that calls `execute` listens
    to all hosts; only connecting has threads of its own. *masker* learns the secrets.
    """

    def __init__(self, options: RunOptions, connector: Connector, masker: Masker) -> None:
        self.options = options
        self.connector = connector
        self.masker = masker
        self.timer = Timer("run")
        self.left_out: list[tuple[Task, str]] = []
        self.schedule = Schedule([], {})
        self._order = Order((), {})
        self._skipped: list[str] = []
        self.environment = Environment(options.environment)
        self.teller = Teller(options.debug)
        self.interrupts = Interrupts()
        self.switchboard = Switchboard(connector, self.teller, self.interrupts.check)

    @property
    def hosts(self) -> dict[str, HostState]:
        """The hosts that take part, by name."""
        return self.switchboard.hosts

    def execute(self) -> int:
        """Run, say what comes out of it, and return the exit code."""
        from batou.deploy.account import conclude

        start, phase, code = monotonic(), "load", 1
        with self.teller, self.interrupts:
            try:
                for phase, step in self._phases():
                    with self.timer.step(phase):
                        step()
                code = self._exit_code()
            except Aborted as aborted:
                phase = aborted.phase
                self.teller.report(aborted.errors)
            except KeyboardInterrupt as error:
                self.interrupts.ignore()
                self.teller.interrupted(error, phase)
            except Exception as error:  # a fault of batou's own; how far the run came is told, too
                self.teller.report([error])
            finally:
                self.interrupts.ignore()
                self.switchboard.close()
                self.connector.finish()
        self.teller.tell()
        conclude(self, phase, code, monotonic() - start)
        return code

    def _phases(self) -> "list[tuple[str, Callable[[], None]]]":
        phases = [("load", self._load)]
        if self.options.stays_here:
            return [*phases, ("configure", self._configure_here)]
        phases += [("provision", self._provision), ("connect", self._connect_and_configure)]
        if self.options.goal is not Goal.CHECK:
            phases.append(("deploy", self._deploy))
        return phases

    def _load(self) -> None:
        output.section("Preparing")
        self.environment = load.load(self.options)
        errors = self.options.selection.check(self.environment)
        if errors:
            raise Aborted("load", [*self.environment.exceptions, *errors])
        load.load_secrets(self.environment, self.options.staging)
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
        names = participants(self.environment, self.options)
        if not names:
            raise Aborted("connect", [load.no_host(self.environment, self.left_out)])
        try:
            self.connector.prepare(self.environment, names)
        except ReportingException as error:
            raise Aborted("connect", [error]) from error
        configuring = Configuring(self.environment, self.options, self.switchboard)
        self._order = configuring.run(names)
        self._skipped = configuring.skipped

    def _deploy(self) -> None:
        predicting = self.options.goal is Goal.PREDICT
        output.section("Predicting deployment actions" if predicting else "Deploying")
        limits = self.environment._rollout if self.options.goal.changes_hosts else {}
        self.schedule = self._order.schedule(self.left_out, limits)
        for name in self._skipped:
            self.schedule.skip(name)
        say_left_out(self.environment, self.left_out)
        say_rollout(self.environment, self.schedule)
        deploying = Deploying(self.environment, self.options, self.switchboard, self.schedule)
        asks_first = self.interrupts.gently(self.switchboard.ask_to_stop)
        with nullcontext() if self.options.staging else asks_first:
            deploying.run()

    def _exit_code(self) -> int:
        unfinished = self.schedule.failed or self.schedule.not_reached() or self._skipped
        if unfinished or self.switchboard.is_stopping:
            return 1
        changes = any(Outcome.WOULD_UPDATE in s.outcomes.values() for s in self.hosts.values())
        return 3 if changes and self.options.changes_exit_code else 0
