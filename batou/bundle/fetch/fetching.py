"""`Fetching`: what the components of all hosts want, fetched once for all of them."""

import threading
import time
from collections import defaultdict
from collections.abc import Collection
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any

from batou.bundle.bundle import Part
from batou.bundle.cache import Cache
from batou.bundle.errors import CannotShip
from batou.bundle.fetch.desk import Desk, Fetched, NotFetched
from batou.bundle.fetch.kinds import BY_INTERPRETER, fetcher
from batou.bundle.fetch.wishes import Wish, wishes
from batou.bundle.interpreter import Interpreter
from batou.bundle.once import Once
from batou.environment import Environment
from batou.errors import DeploymentError
from batou.report import output

AT_ONCE = 4
"""Artifacts that are fetched at the same time."""

SLOW = 5.0
"""Seconds after which a failure is remembered."""

MEMORY = 3600.0
"""Seconds for which it is remembered, unless the controller has to fetch."""


class Abandoned(DeploymentError):
    """The run has ended for another reason."""


@dataclass(frozen=True)
class Delivery:
    """What is shipped to a host: a part of its bundle, and what to tell it about that."""

    part: Part | None = None
    known: dict[str, Any] = field(default_factory=dict)


class Fetching:
    """Fetches for the hosts of an environment. Each host has a thread that asks for its own.

    Nothing is given to any host before `begin` was told that the model is there.
    """

    def __init__(self, environment: Environment, cache: Cache) -> None:
        self.environment = environment
        self.desk = Desk(cache, environment.base_dir)
        self._wishes: dict[str, list[Wish]] = {}
        self._fetched: defaultdict[tuple[str, Interpreter | None], Once[Fetched]]
        self._fetched = defaultdict(Once)
        self._guard = threading.Condition()
        self._has_begun = self._is_over = False
        self._waiting: set[str] = set()
        self._strict: frozenset[str] = frozenset()
        self._problems: list[tuple[Wish, NotFetched]] = []
        self._told: list[NotFetched] = []
        self._slots = threading.Semaphore(AT_ONCE)

    # The run's own thread

    def begin(self, names: Collection[str]) -> None:
        """The model is there: fetch for hosts *names*, as far as that needs no facts of them."""
        hosts = {name: self.environment.hosts[name] for name in names}
        policies = {name: host.artifacts or "auto" for name, host in hosts.items()}
        with self._guard:
            self._wishes = {
                name: wishes(host) for name, host in hosts.items() if policies[name] != "host"
            }
            strict = {name for name, found in self._wishes.items() if found}
            self._waiting = {name for name in strict if policies[name] == "controller"}
            self._strict = frozenset(self._waiting)
            self._has_begun = True
            self._guard.notify_all()
        early = [wish for found in self._wishes.values() for wish in found]
        todo = {wish.artifact.key: wish for wish in early if not needs_facts(wish)}
        for wish in todo.values():
            context = copy_context()
            threading.Thread(target=context.run, args=(self._try, wish), daemon=True).start()

    def end(self) -> None:
        """Let nobody wait any longer."""
        with self._guard:
            self._is_over = True
            self._guard.notify_all()

    # The threads of hosts

    def deliver(self, host: str, interpreter: Interpreter) -> Delivery:
        """What *host*, which runs batou with *interpreter*, is to get.

        Raises CannotShip with everything that is missing on hosts whose artifacts
        the controller has to fetch, when all of these are known.
        """
        self._await(lambda: self._has_begun)
        found: dict[str, Fetched] = {}
        missing = []
        for wish in self._wishes.get(host, ()):
            try:
                found[wish.artifact.key] = self._fetch(wish, interpreter)
            except NotFetched as error:
                missing.append((wish, error))
        if self._strict:
            self._agree(host, missing if host in self._strict else [])
        if host not in self._strict:
            self._warn(missing)
        digests = {digest for each in found.values() for digest in each.files.values()}
        part = self.desk.artifacts.part(digests) if digests else None
        return Delivery(part, {key: each.to_wire() for key, each in sorted(found.items())})

    def give_up(self, host: str) -> None:
        """Nobody needs to wait for *host*: it could not be reached."""
        with self._guard:
            self._waiting.discard(host)
            self._guard.notify_all()

    def _await(self, is_so: Any) -> None:
        with self._guard:
            self._guard.wait_for(lambda: self._is_over or is_so())
            if self._is_over:
                raise Abandoned("the run has ended")

    def _agree(self, host: str, missing: list[tuple[Wish, NotFetched]]) -> None:
        """Wait until it is known of all strict hosts what is missing; raises CannotShip."""
        with self._guard:
            self._problems += missing
            self._waiting.discard(host)
            self._guard.notify_all()
        self._await(lambda: not self._waiting)
        if self._problems:
            raise CannotShip(told(self._problems))

    def _warn(self, missing: list[tuple[Wish, NotFetched]]) -> None:
        for wish, error in missing:
            if wish.artifact.is_local:
                continue
            with self._guard:
                is_new = error not in self._told
                self._told.append(error)
            if is_new:
                text = f"cannot fetch {wish.artifact.name} here, hosts will try it: {error}"
                output.warn(text)

    # Fetching

    def _try(self, wish: Wish) -> None:
        with self._slots:
            try:
                self._fetch(wish, None)
            except Exception:
                return  # whoever wants it is told the same

    def _fetch(self, wish: Wish, interpreter: Interpreter | None) -> Fetched:
        """What is wanted; raises NotFetched."""
        key = (wish.artifact.key, interpreter if needs_facts(wish) else None)
        with self._guard:
            once = self._fetched[key]
        return once.get(lambda: self._bring(wish, key[1]))

    def _bring(self, wish: Wish, interpreter: Interpreter | None) -> Fetched:
        artifact = wish.artifact
        desk = self.desk.of(interpreter) if interpreter else self.desk
        trace = f"{artifact.key}-{interpreter or ''}.failed".replace(" ", "-")
        if wish.host not in self._strict:
            self._recall_failure(trace)
        start = time.monotonic()
        try:
            return fetcher(artifact.kind)(artifact, desk)
        except NotFetched as error:
            why = str(error)
            if time.monotonic() - start > SLOW:
                self.desk.cache.text("wanted", trace, lambda: why)
            raise

    def _recall_failure(self, trace: str) -> None:
        """Raise NotFetched if it took long to find out, and that is not long ago."""
        cache = self.desk.cache
        if cache.age("wanted", trace) < MEMORY:
            raise NotFetched(cache.text("wanted", trace, str))
        cache.forget("wanted", trace)


def needs_facts(wish: Wish) -> bool:
    """Whether what is fetched differs with the Python of the host."""
    return wish.artifact.kind in BY_INTERPRETER


def told(problems: Collection[tuple[Wish, NotFetched]]) -> tuple[tuple[str, str], ...]:
    """Problems for people, the same one once, with all hosts that have it."""
    hosts: dict[str, list[str]] = {}
    for wish, error in sorted(problems, key=lambda item: (item[0].component, item[0].host)):
        hosts.setdefault(problem(wish, error), []).append(wish.host)
    return tuple((", ".join(names), text) for text, names in hosts.items())


def problem(wish: Wish, error: NotFetched) -> str:
    """What is missing, for whom and why."""
    place = f" ({wish.place})" if wish.place else ""
    advice = f"; {error.advice}" if error.advice else ""
    return f"{wish.component}{place}: {wish.artifact.name}: {error}{advice}"
