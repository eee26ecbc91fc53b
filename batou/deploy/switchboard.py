"""All lines of a run: one thread listens to all hosts."""

import queue
import threading
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


class Switchboard:
    """The hosts of a run and the inbox for everything they say.

    Connecting has a thread for each host; whoever calls `next` listens to all.
    """

    def __init__(self, connector: Connector, teller: Teller) -> None:
        self.connector = connector
        self.teller = teller
        self.inbox: Inbox = queue.Queue()
        self.hosts: dict[str, HostState] = {}
        self.is_stopping = False
        self._connecting: list[threading.Thread] = []

    # Connecting

    def connect(self, environment: Environment, names: list[str]) -> None:
        """Start to connect the hosts *names*; each answers ``connected``, or its line closes."""
        slots = threading.Semaphore(MAX_HOSTS_AT_ONCE)
        for name in names:
            self.hosts[name] = HostState(name)
            say(HostPhase(name, "connect"))
            context = copy_context()
            thread = threading.Thread(
                target=context.run,
                args=(self._connect_one, environment, name, slots),
                daemon=True,
            )
            self._connecting.append(thread)
            thread.start()

    def _connect_one(self, environment: Environment, name: str, slots: threading.Semaphore) -> None:
        with slots:
            try:
                line = self.connector.connect(environment, name, self.inbox)
            except Exception as error:
                self.inbox.put(Arrival(name, closed=True, error=error))
            else:
                self.inbox.put(Arrival(name, {"say": "connected", "line": line}))

    # Listening and talking

    def next(self) -> Arrival | None:
        """What arrives next; None when the user has asked to stop for the first time."""
        try:
            while True:
                with suppress(queue.Empty):
                    return self.inbox.get(timeout=0.2 if self.teller.is_holding else 1.0)
                self.teller.tell_what_is_due()
        except KeyboardInterrupt:
            if self.is_stopping:
                raise
            self.is_stopping = True
            output.line(
                "Stopping: hosts finish the component in hand. Press Ctrl-C again to break off.",
                yellow=True,
            )
            for state in self.hosts.values():
                self.send(state, {"do": "stop"})
            return None

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
        if kind == "connected":
            state.line = message["line"]
        elif kind == "events":
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
            output.step(state.name, f"Scheduling component {message['root']} ...", icon="⚪")
        elif kind == "refused":
            error = FarFailure.refused(state.name, message)
            self.inbox.put(Arrival(state.name, closed=True, error=error))
        return kind

    def lost(self, state: HostState, arrival: Arrival, when: str) -> BaseException:
        """That the line of *state* has closed, as an error for people."""
        state.line = None
        state.problem = "the line broke" if arrival.error is None else str(arrival.error)
        return FarFailure.lost(state.name, when, arrival.error, state.in_hand)

    # The end

    def close(self) -> None:
        """Close all lines."""
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
