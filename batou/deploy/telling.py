"""Errors of a run on their way to people: held back for a moment, merged, said."""

import threading
from time import monotonic

from batou.deploy import load
from batou.deploy.gathering import Gathering
from batou.errors import ReportingException
from batou.errors.explaining import thread_failure
from batou.errors.merge import merged
from batou.errors.tracebacks import frame_rows, user_frames
from batou.report import say
from batou.report.events import Failure


class Teller:
    """Says what went wrong. Failures of components wait for the same one from other hosts."""

    def __init__(self, debug: bool) -> None:
        self.debug = debug
        self._failures = Gathering()
        self._failed_threads: list[BaseException] = []

    def __enter__(self) -> "Teller":
        threading.excepthook = self._thread_failed
        return self

    def __exit__(self, *error: object) -> None:
        threading.excepthook = threading.__excepthook__

    def _thread_failed(self, failed: threading.ExceptHookArgs) -> None:
        """Keep what a thread of a component died of: there nobody listens to what is said."""
        if failed.exc_value is not None:
            self._failed_threads.append(failed.exc_value)

    @property
    def is_holding(self) -> bool:
        """Whether something is held back."""
        return bool(self._failures)

    def hold(self, failure: Failure) -> None:
        """Hold *failure* back, in case other hosts have the same."""
        self._failures.add(failure, monotonic())

    def tell_what_is_due(self) -> None:
        """Say what was held back long enough."""
        if self._failures.is_due(monotonic()):
            self.tell()

    def tell(self) -> None:
        """Say everything that is held back."""
        while self._failed_threads:
            say(thread_failure(self._failed_threads.pop(0)))
        for failure in self._failures.take():
            say(failure)

    def report(self, errors: list[BaseException]) -> None:
        """Say *errors* now, the same from many hosts once."""
        for failure in merged(errors, self.debug):
            say(failure)
        for error in errors:
            if not isinstance(error, ReportingException):
                say(load.unexpected(error, self.debug))

    def interrupted(self, error: KeyboardInterrupt, phase: str) -> None:
        """Say that the user has broken off in *phase*, and where."""
        if phase in ("deploy", "provision"):
            hint = "what was in hand may be unfinished; run it again"
        else:
            hint = "no host was changed"
        say(Failure("interrupted", tuple(frame_rows(user_frames(error.__traceback__))), hint))
