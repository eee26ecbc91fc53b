"""Notices that the other side of a line has stopped: the process, its host, or the network.

The other side answers a ping from a thread of its own, whatever it is busy with. So silence
means that it is stopped or cannot be reached, never that a component takes long.
"""

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from batou.errors import DeploymentError

VARIABLE = "BATOU_STALL_TIMEOUT"

DEFAULT = 60.0
"""Seconds of silence after which a line counts as stalled."""

OFTENEST, SELDOMEST = 0.1, 15.0
"""Bounds of the seconds between pings."""


class Stalled(DeploymentError):
    """A host said nothing for too long, although it was asked."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(host, seconds)
        self.affected_hostname = host
        self.seconds = seconds

    def summary(self) -> str:
        return f"host {self.affected_hostname!r} stalled: nothing came for {self.seconds:g} s"

    def hint(self) -> str | None:
        return (
            "its process was stopped, or its host or network hangs; what it did may be unfinished. "
            f"{VARIABLE} sets how many seconds to wait"
        )


def stall_timeout(environ: Mapping[str, str] = os.environ) -> float:
    """Seconds of silence to wait for: ``BATOU_STALL_TIMEOUT`` if that is a positive number.

    >>> stall_timeout({}), stall_timeout({"BATOU_STALL_TIMEOUT": "5"})
    (60.0, 5.0)
    """
    with suppress(ValueError):
        seconds = float(environ.get(VARIABLE, ""))
        if seconds > 0:
            return seconds
    return DEFAULT


class Watch:
    """Watches one line until `stop`; *program* is what execnet reads from and can end.

    *ping* asks the other side to say something, *cut* tells whoever waits for the line.
    """

    def __init__(
        self,
        program: Any,
        ping: Callable[[], None],
        cut: Callable[[], None],
        limit: float | None = None,
    ) -> None:
        self.limit = limit or stall_timeout()
        self.is_stalled = False
        self._program = program
        self._ping = ping
        self._cut = cut
        self._heard = monotonic()
        self._stopped = threading.Event()
        self._read = program.read
        program.read = self._hearing
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    def _hearing(self, count: int) -> bytes:
        data: bytes = self._read(count)
        self._heard = monotonic()
        return data

    def _watch(self) -> None:
        interval = min(max(self.limit / 4, OFTENEST), SELDOMEST)
        pinging: threading.Thread | None = None
        before = monotonic()
        while not self._stopped.wait(interval):
            now = monotonic()
            if now - before > 3 * interval:
                self._heard = now  # it was this process that was stopped
            before = now
            if now - self._heard > self.limit:
                self._stall()
                return
            if now - self._heard >= interval and not (pinging and pinging.is_alive()):
                pinging = threading.Thread(target=self._ask, daemon=True)
                pinging.start()  # in a thread: who does not read makes writers wait

    def _ask(self) -> None:
        with suppress(OSError):
            self._ping()

    def _stall(self) -> None:
        self.is_stalled = True
        with suppress(OSError):
            self._program.kill()
        self._cut()
