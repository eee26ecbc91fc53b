"""Ctrl-C and SIGTERM: at first a request to stop, then an order."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Raises KeyboardInterrupt in the main thread, wherever it is, for as long as it is entered.

    Within `gently` the first signal only asks to stop; after `ignore` none does anything.
    A shell that starts a program in the background lets it ignore Ctrl-C; that stays so.
    """

    def __init__(self) -> None:
        self._ask: Callable[[], None] | None = None
        self._is_deaf = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                before = signal.getsignal(number)
                if before != signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._received)
        return self

    def __exit__(self, *error: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _received(self, number: int, frame: FrameType | None) -> None:
        if self._is_deaf:
            return
        ask, self._ask = self._ask, None
        if ask is None:
            raise KeyboardInterrupt(signal.Signals(number).name)
        ask()

    @contextmanager
    def gently(self, ask: Callable[[], None]) -> Iterator[None]:
        """Let the first signal call *ask*, between any two steps of the main thread.

        So *ask* must not wait for a lock.
        """
        self._ask = ask
        try:
            yield
        finally:
            self._ask = None

    def ignore(self) -> None:
        """Let nothing stop what tidies up; that takes some seconds at most."""
        self._is_deaf = True
