"""Ctrl-C and SIGTERM: at first a request to stop, then an order."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)

PATIENCE = 0.2
"""Seconds that the main thread has to notice a signal before it is woken up."""


class Interrupts:
    """Raises KeyboardInterrupt in the main thread, wherever it is, for as long as it is entered.

    Within `gently` the first signal only asks to stop; after `ignore` none does anything.
    A shell that starts a program in the background lets it ignore Ctrl-C; that stays so.
    """

    def __init__(self) -> None:
        self._ask: Callable[[], None] | None = None
        self._is_deaf = False
        self._raised = ""
        self._is_over = False
        self._before: dict[signal.Signals, Any] = {}
        self._noticed = 0  # signals; no lock, because a handler may interrupt another one
        self._waker: threading.Thread | None = None

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                before = signal.getsignal(number)
                if before != signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._received)
            self._source, self._sink = os.pipe()
            os.set_blocking(self._sink, False)
            self._wakeup_before = signal.set_wakeup_fd(self._sink, warn_on_full_buffer=False)
            self._waker = threading.Thread(target=self._wake, daemon=True)
            self._waker.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_deaf = self._is_over = True
        if self._waker is not None:
            signal.set_wakeup_fd(self._wakeup_before)
            os.close(self._sink)
            self._waker.join(10 * PATIENCE)
        for number, before in self._before.items():
            signal.signal(number, before)

    def _wake(self) -> None:
        """Wake the main thread up for signals that another thread has received.

        The system may choose any thread for that, and Python leaves the rest to the
        main thread, which goes on to sleep in a component.
        """
        main = threading.main_thread().ident or 0
        received = own = 0
        while told := os.read(self._source, 1):
            if told[0] not in SIGNALS:
                continue
            if own:
                own -= 1
                continue
            received += 1
            sleep(PATIENCE)
            while self._noticed < received and not self._is_over:
                own += 1
                signal.pthread_kill(main, told[0])
                sleep(PATIENCE)
        os.close(self._source)

    def _received(self, number: int, frame: FrameType | None) -> None:
        self._noticed += 1
        if self._is_deaf:
            return
        ask, self._ask = self._ask, None
        if ask is None:
            self._raised = signal.Signals(number).name
            raise KeyboardInterrupt(self._raised)
        ask()

    def check(self) -> None:
        """Raise KeyboardInterrupt again, if something has swallowed it: a finalizer, say."""
        if self._raised and not self._is_deaf:
            raise KeyboardInterrupt(self._raised)

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
