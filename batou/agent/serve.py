"""The agent: load the project, configure what this host needs, predict or deploy it.

Requests are dictionaries with the key ``do``, answers have the key ``say``:

- ``configure`` (see `Session.configure`) → ``configured`` with errors
- ``deploy`` with the names of roots → ``root`` for each that was begun, then ``done``
- ``stop`` → after the component in hand, nothing further is begun

In between there are ``events`` messages.
"""

import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any

from batou import artifacts
from batou.agent.debugging import offer_debugger
from batou.agent.journal import History, Journal, JournalFailed
from batou.agent.owed import Identities, Owed
from batou.agent.state import journal_path, lock_owner
from batou.agent.wire import Prints, WireReporter, failure_message, plain
from batou.component.apply import (
    Outcome,
    carrying_changes,
    failed_component,
    watching_outcomes,
)
from batou.component.root import RootComponent
from batou.environment import Environment
from batou.environment.given import take
from batou.errors import ComponentFailed, ReportingException
from batou.errors.explaining import explain, thread_failure
from batou.errors.merge import traceback_of
from batou.report import listening, output, say
from batou.report.events import Failure, RootOutcome
from batou.report.masking import Masker
from batou.template import engine

END = object()


class Stopped(BaseException):
    """The controller asked to stop, and the component in hand is finished."""


def serve(channel: Any, target: str = "/", early: Sequence[dict[str, Any]] = ()) -> None:
    """Answer the controller's requests until the line closes; *early* ones have arrived before.

    *target* is the directory that the project was shipped to.
    """
    offer_debugger()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    session = Session(channel, target, early)
    signal.signal(signal.SIGTERM, session.end)
    threading.excepthook = session._thread_failed
    with listening(session.reporter), contextlib.redirect_stdout(Prints(session.reporter)):
        try:
            for request in session.requests():
                session.answer(request)
        except KeyboardInterrupt:
            return  # the line is closed, or somebody ended us
        finally:
            session.journal.end()


class Session:
    """One run, as seen from a host."""

    def __init__(
        self, channel: Any, target: str = "/", early: Sequence[dict[str, Any]] = ()
    ) -> None:
        self.channel = channel
        self.target = target
        self.masker = Masker()
        self.reporter = WireReporter(channel, self.masker)
        self.environment: Environment | None = None
        self.host_name = ""
        self.predicting = True
        self.debug = False
        self.journal = Journal(os.devnull)
        self._history: History | None = None
        self._words: set[str] = set()
        self._failed_threads: list[BaseException] = []
        self._stopping = threading.Event()
        self._busy = False
        self._inbox: queue.Queue[Any] = queue.Queue()
        for request in early:
            self._arrived(request)
        channel.setcallback(self._arrived, endmarker=END)

    # The line; this runs in execnet's thread

    def _arrived(self, message: Any) -> None:
        if message is END:
            self._stopping.set()
            self._inbox.put(END)
            if self._busy:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        elif message["do"] == "stop":
            self._stopping.set()
        else:
            self._inbox.put(message)

    def end(self, *signal: object) -> None:
        """Somebody on this host ends us: break off what is in hand."""
        self._stopping.set()
        raise KeyboardInterrupt

    def requests(self) -> Iterator[dict[str, Any]]:
        """Requests, until the line closes."""
        while (message := self._inbox.get()) is not END:
            yield message

    def answer(self, request: dict[str, Any]) -> None:
        """Do what *request* asks for, and tell what came out of it."""
        self._busy = True
        try:
            if request["do"] == "configure":
                self.configure(request)
            elif request["do"] == "deploy":
                self.deploy(request["roots"])
        except BaseException as error:
            if self._is_interrupt(error):
                raise
            self._say(say="crashed", failure=self._failure(error))
        finally:
            self._busy = False

    def _say(self, **message: Any) -> None:
        sys.stdout.flush()
        self.reporter.flush()
        self.channel.send(plain(message))

    # Requests

    def configure(self, request: dict[str, Any]) -> None:
        """Load the project in ``base_dir`` and configure ``roots`` of ``environment``.

        ``roots`` are pairs (host, component), None means all. Overrides, host
        data, secrets and name resolution are the controller's.
        """
        self.host_name = request["host"]
        self.predicting = request["goal"] != "deploy"
        self.debug = output.enable_debug = request["debug"]
        self.masker.add(request["secret_values"])
        self._words = set(request["secret_data"])
        base_dir = os.path.join(self.target, os.path.expanduser(request["base_dir"]))
        os.chdir(base_dir)
        engine().keep_compiled_in(os.path.join(base_dir, ".batou", "templates"))
        engine().keep_none_that(self.masker.finds)
        environment = Environment(
            request["environment"],
            timeout=request["timeout"],
            platform=request["platform"],
            basedir=base_dir,
            check_and_predict_local=request["check_and_predict_local"],
        )
        if request["workdir_base"]:
            work = os.path.join(self.target, request["workdir_base"])
            environment.workdir_base = os.path.normpath(work)
        environment._is_controller = environment._keeps_host_map = False
        environment._writes = not self.predicting
        environment.hostname_mapping.update(request["hostname_mapping"])
        environment.load()
        if request["workdir_base"]:  # from here on as if it stood where it will be deployed
            environment.base_dir = os.path.dirname(environment.workdir_base)
        directory = os.path.join(self.target, artifacts.DIRECTORY)
        environment._artifacts = artifacts.Shipped(directory, request.get("artifacts"))
        take(environment, request)
        environment._net.resolve_override.update(request["resolve_override"])
        environment._net.resolve_v6_override.update(request["resolve_v6_override"])
        self.environment = environment
        self.journal = Journal(
            journal_path(self.target, base_dir, environment.name, self.host_name)
        )
        errors = list(environment.exceptions)
        if not errors:
            self.reporter.is_muted = True  # the controller has said the same before
            errors = environment.configure(self._chosen(environment, request["roots"]))
            self.reporter.is_muted = False
            self._failed_threads.clear()
        self._learn_secrets()
        answer: dict[str, Any] = {"failures": [self._failure(error) for error in errors]}
        if request["roots"] is None:
            answer["model"] = self._whole_model(environment)
        self._say(say="configured", **answer)

    @staticmethod
    def _whole_model(environment: Environment) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """Each root as (host, root, what it needs), for a controller that cannot make the model."""
        needs = environment._model.dependencies
        return [
            (root.host.name, root.name, [(need.host.name, need.name) for need in needs[root]])
            for root in environment._model.order
        ]

    @staticmethod
    def _chosen(environment: Environment, roots: Any) -> list[RootComponent] | None:
        if roots is None:
            return None
        wanted = set(map(tuple, roots))
        return [
            root for root in environment.root_components if (root.host.name, root.name) in wanted
        ]

    def deploy(self, names: list[str]) -> None:
        """Deploy roots of this host one after the other; the first failure ends it."""
        assert self.environment is not None, "configure comes first"
        host = self.environment.get_host(self.host_name)
        if self._history is None:
            self._history = self._begin_journal(list(host.components))
        for name in names:
            if self._stopping.is_set():
                break
            outcome = self._deploy_root(host.components[name])
            if outcome is Outcome.FAILED:
                break
        self._say(say="done")

    def _begin_journal(self, roots: list[str]) -> History:
        """Begin a run in the journal, or only read it; returns what was before."""
        assert self.environment is not None
        if self.predicting:
            return self.journal.read()
        facts = {"environment": self.environment.name, "host": self.host_name, "pid": os.getpid()}
        owner = lock_owner(self.target, self.environment.base_dir)
        return self.journal.begin(roots, **facts, owner=owner)

    def _deploy_root(self, root: RootComponent) -> Outcome:
        start = monotonic()
        self._say(say="begin", root=root.name)
        outcome, reason = Outcome.UNCHANGED, ""
        try:
            outcome = self._applied(root)
        except Stopped:
            outcome, reason = Outcome.FAILED, "stopped"
        except BaseException as error:
            if self._is_interrupt(error):
                self.journal.root_ends(root.name, "interrupted")
                raise
            outcome = Outcome.FAILED
            self.reporter.receive(self._deploy_failure(root, error))
        finally:
            output.clear_buffer()
        if outcome is Outcome.FAILED:
            with contextlib.suppress(JournalFailed):  # what is not in it has failed, too
                self.journal.root_ends(root.name, "failed")
        self._report_threads()
        seconds = round(monotonic() - start, 3)
        say(RootOutcome(self.host_name, root.name, outcome.value, reason, seconds))
        self._say(say="root", root=root.name, outcome=outcome.value, reason=reason, seconds=seconds)
        return outcome

    def _applied(self, root: RootComponent) -> Outcome:
        """Predict or deploy *root*, and what earlier runs left undone of it."""
        assert self._history is not None
        identities = Identities(root.component, self.masker.mask)
        owed = Owed(identities, self._history.owed.get(root.name, set()))
        updated = False

        def watch(component: Any, outcome: Outcome) -> None:
            nonlocal updated
            updated = True
            self._between_components()
            if not self.predicting:
                self.journal.changes(root.name, identities.of(component))

        if owed:
            output.annotate(
                f"{self.host_name}: {root.name} was not finished by an earlier run; "
                "what changed then counts as changed"
            )
        self.journal.root_begins(root.name)
        with watching_outcomes(watch), carrying_changes(owed):
            root.component.deploy(self.predicting)
        self.journal.root_ends(root.name, "done", had_owed=bool(owed))
        if not (updated if owed else root.component.changed):
            return Outcome.UNCHANGED
        return Outcome.WOULD_UPDATE if self.predicting else Outcome.UPDATED

    def _between_components(self) -> None:
        self._learn_secrets()
        self.reporter.flush()
        if self._stopping.is_set():
            raise Stopped

    def _learn_secrets(self) -> None:
        """Mask what components have added to ``environment.secret_data``."""
        assert self.environment is not None, "configure comes first"
        if len(self.environment.secret_data) != len(self._words):
            self.masker.add(self.environment.secret_data - self._words)
            self._words = set(self.environment.secret_data)

    def _is_interrupt(self, error: BaseException) -> bool:
        """Whether *error* ends the run, because the line is closed, and is no component's own."""
        return isinstance(error, KeyboardInterrupt) and self._stopping.is_set()

    # Errors

    def _thread_failed(self, failed: threading.ExceptHookArgs) -> None:
        if failed.exc_value is not None:
            self._failed_threads.append(failed.exc_value)

    def _report_threads(self) -> None:
        """Tell what threads of components died of, which the components do not know."""
        failed, self._failed_threads = self._failed_threads, []
        for error in failed:
            self.reporter.receive(thread_failure(error, self.host_name))

    def _deploy_failure(self, root: RootComponent, error: BaseException) -> Failure:
        self._learn_secrets()
        component, phase = failed_component(error) or (root.component, "deploy")
        return ComponentFailed.of(component, phase, error).failure(self._traceback(error))

    def _traceback(self, error: BaseException) -> str:
        return traceback_of(error) if self.debug else ""

    def _failure(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, ReportingException):
            failure = error.failure(self._traceback(error))
            order, host = error.order, error.affected_hostname or ""
        else:
            told = explain(error)
            rows = (*told.where, *told.facts)
            failure = Failure(told.text, rows, told.advice, traceback=self._traceback(error))
            order, host = 100, self.host_name
        masked = self.masker.event(failure)
        assert isinstance(masked, Failure)
        return failure_message(masked, order, host)
