"""Write down what happens, as it happens."""

import getpass
import json
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from time import monotonic
from typing import Any, TextIO

from batou.records import RUNS
from batou.records.shelf import new_name, prune
from batou.report.events import Event, Failure, Finished, HostPhase, HostSummary, Line, RootOutcome
from batou.version import __version__

FORMAT = 1

ENOUGH = 16 * 1024 * 1024
"""Characters of a record after which only failures, roots and the end are written."""

TOO_MUCH = 20 * 1024 * 1024
"""Characters of a record after which only its end is written."""

IMPORTANT = (Failure, RootOutcome, HostSummary)


@dataclass(frozen=True)
class Header:
    """What the first line of a record says: which run this is, of whom, since when (UTC)."""

    environment: str
    action: str
    user: str
    controller: str
    began: str
    batou: str = __version__

    @classmethod
    def of(cls, environment: str, action: str, now: datetime) -> "Header":
        """The header of a run that begins at *now* on this machine."""
        return cls(environment, action, user_name(), socket.gethostname(), now.isoformat())


def user_name() -> str:
    """Who runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


class Recorder:
    """A reporter that writes a record; a context manager, because only then it begins.

    What cannot be written is *told* once, and never the reason that a run fails.
    """

    def __init__(
        self,
        environment: str,
        action: str,
        told: Callable[[str], None],
        directory: str = RUNS,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        enough: int = ENOUGH,
        too_much: int = TOO_MUCH,
    ) -> None:
        self.environment = environment
        self.action = action
        self.directory = directory
        self.path = ""
        self.enough = enough
        self.too_much = too_much
        self._told = told
        self._clock = clock
        self._file: TextIO | None = None
        self._began = 0.0
        self._size = 0
        self._lock = threading.RLock()

    def __enter__(self) -> "Recorder":
        now = self._clock()
        try:
            self._open(now)
            self._write({"record": FORMAT, **vars(Header.of(self.environment, self.action, now))})
        except OSError as error:
            self._give_up(error)
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if self._file is not None:
                self._file.close()
                prune(self.directory, self.environment)
        except OSError as failure:
            self._give_up(failure)
        self._file = None

    def _open(self, now: datetime) -> None:
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        self._began = monotonic()
        while True:
            self.path = os.path.join(self.directory, new_name(self.directory, now))
            try:
                number = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:  # another run begins at this very moment
                continue
            self._file = os.fdopen(number, "w", encoding="utf-8", buffering=1)
            return

    def receive(self, event: Event) -> None:
        """Write *event*."""
        if self._file is None or not self._is_worth_it(event):
            return
        at = round(monotonic() - self._began, 3)
        try:
            with self._lock:
                self._write({"at": at, **event.to_wire()})
        except (OSError, ValueError) as error:
            self._give_up(error)

    def _is_worth_it(self, event: Event) -> bool:
        if isinstance(event, HostPhase) and event.phase == "ship":
            return event.done in (0, event.total)
        if self._size > self.too_much:
            return isinstance(event, Finished)
        if self._size > self.enough:
            return isinstance(event, (*IMPORTANT, Finished))
        return True

    def _write(self, values: dict[str, Any]) -> None:
        if self._file is None:
            return
        text = json.dumps(values) + "\n"
        was_enough = self._size > self.enough
        self._size += len(text)
        self._file.write(text)
        if self._size > self.enough and not was_enough:
            cut = Line("the record is cut here: the run has told too much", ("yellow",))
            self._write({"at": values.get("at", 0.0), **cut.to_wire()})

    def _give_up(self, error: Exception) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                pass  # the same reason once more
        reason = getattr(error, "strerror", None) or str(error)
        self._told(f"this run is not recorded in {self.directory!r}: {reason.lower()}")
