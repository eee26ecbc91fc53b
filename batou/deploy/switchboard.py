"""All lines of a run: one thread listens to all hosts."""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from time import monotonic
from typing import Any

from batou.agent.wire import plain
from batou.deploy.answers import FarFailure, checked_events, without_escapes
from batou.deploy.connect import Connector
from batou.deploy.options import MAX_HOSTS_AT_ONCE
from batou.deploy.state import HostState
from batou.deploy.telling import Teller
from batou.environment import Environment
from batou.report import output, say
from batou.report.events import Failure, HostPhase, Line
from batou.transport import Arrival, Inbox
from batou.transport import Line as HostLine

CLOSING = 15.0
"""Seconds that all lines together have to close."""

STOP = Arrival("")
"""Put into the inbox by whoever wants the run to stop."""


class Switchboard:
    """The hosts of a run and the inbox for everything they say.

    Connecting has a thread for each host; whoever calls `next` listens to all, and
    calls *check* from time to time.
    """

    def __init__(
        self, connector: Connector, teller: Teller, check: Callable[[], None] = lambda: None
    ) -> None:
        self.connector = connector
        self.teller = teller
        self.check = check
        self.inbox: Inbox = queue.SimpleQueue()
        self.hosts: dict[str, HostState] = {}
        self.is_stopping = False
        self._handing_over = threading.Lock()
        self._is_closed = False

    # Connecting

    def connect(self, environment: Environment, names: list[str]) -> None:
        """Start to connect the hosts *names*; each answers ``connected``, or its line closes."""
        slots = threading.Semaphore(MAX_HOSTS_AT_ONCE)
        for name in names:
            self.hosts[name] = HostState(name)
            context = copy_context()
            thread = threading.Thread(
                target=context.run,
                args=(self._connect_one, environment, name, slots),
                daemon=True,
            )
            thread.start()

    def _connect_one(self, environment: Environment, name: str, slots: threading.Semaphore) -> None:
        with slots:
            try:
                line = self.connector.connect(environment, name, self.inbox)
            except Exception as error:
                self.inbox.put(Arrival(name, closed=True, error=error))
            else:
                self._hand_over(name, line)

    def _hand_over(self, name: str, line: HostLine) -> None:
        """Let a line that has been made be used, unless the run has ended meanwhile."""
        with self._handing_over:
            if not self._is_closed:
                self.hosts[name].line = line
                self.inbox.put(Arrival(name, {"say": "connected"}))
                return
        line.close()

    # Listening and talking

    def next(self) -> Arrival | None:
        """What arrives next; None when the user has asked to stop."""
        while True:
            self.check()
            with suppress(queue.Empty):
                arrival = self.inbox.get(timeout=0.2 if self.teller.is_holding else 1.0)
                if arrival is not STOP:
                    return arrival
                self._stop()
                return None
            self.teller.tell_what_is_due()

    def ask_to_stop(self) -> None:
        """Let hosts finish the component in hand; a handler of signals may call this."""
        self.is_stopping = True
        self.inbox.put(STOP)

    def _stop(self) -> None:
        for state in self.hosts.values():
            self.send(state, {"do": "stop"})
        output.line(
            "Stopping: hosts finish the component in hand. Press Ctrl-C again to break off.",
            yellow=True,
        )

    def send(self, state: HostState, request: dict[str, Any]) -> None:
        """Send *request*; a line that is broken is as good as one that closes."""
        if state.line is None:
            return
        try:
            state.line.send(plain(request))
        except OSError as error:
            self.inbox.put(Arrival(state.name, closed=True, error=error))

    def heard(self, state: HostState, message: Any) -> str:
        """Deal with what any phase may hear; returns what kind of message it was."""
        kind = str(message.get("say")) if isinstance(message, dict) else "garbage"
        if kind == "events":
            for event in checked_events(state.name, message):
                if isinstance(event, Failure):
                    self.teller.hold(event)
                else:
                    say(event)
        elif kind == "shipping":
            say(HostPhase(state.name, "ship", "bytes", message["done"], message["total"]))
        elif kind == "stderr":
            say(Line(without_escapes(message["text"]), host=state.name))
        elif kind == "begin":
            state.in_hand = without_escapes(str(message["root"]))
            done = len(state.outcomes)
            say(HostPhase(state.name, "deploy", state.in_hand, done, state.roots))
        elif kind == "refused":
            error = FarFailure.refused(state.name, message)
            self.inbox.put(Arrival(state.name, closed=True, error=error))
        return kind

    def lost(self, state: HostState, arrival: Arrival, when: str) -> BaseException:
        """That the line of *state* has closed, as an error for people."""
        state.line = None
        state.end()
        say(HostPhase(state.name, "failed", "", len(state.outcomes), state.roots))
        state.problem = "the line broke" if arrival.error is None else str(arrival.error)
        return FarFailure.lost(state.name, when, arrival.error, state.in_hand)

    # The end

    def close(self) -> None:
        """Close all lines, also those in the making; by force what does not close in time."""
        with self._handing_over:
            self._is_closed = True
        self.connector.cut()
        lines = [state.line for state in self.hosts.values() if state.line is not None]
        closers = [threading.Thread(target=line.close, daemon=True) for line in lines]
        for closer in closers:
            closer.start()
        deadline = monotonic() + CLOSING
        for closer in closers:
            closer.join(max(0.0, deadline - monotonic()))
