"""Connections in the making, which can be cut at any moment."""

import threading

from batou.transport.program import Program


class Cut(Exception):
    """The run ends while a connection is being made."""


class Openings:
    """The programs of connections that are not handed over yet."""

    def __init__(self) -> None:
        self._programs: set[Program] = set()
        self._lock = threading.Lock()
        self._cut = threading.Event()

    def add(self, program: Program) -> None:
        """Let `cut` end *program*; raises Cut if that is over already."""
        with self._lock:
            self._programs.add(program)
        if self._cut.is_set():
            raise Cut

    def wait(self, seconds: float) -> None:
        """Wait before another try; raises Cut as soon as there will be none."""
        if self._cut.wait(seconds):
            raise Cut

    def cut(self) -> None:
        """End what is being connected, and let nothing further begin."""
        self._cut.set()
        with self._lock:
            programs = list(self._programs)
        for program in programs:
            program.kill()

    @property
    def is_cut(self) -> bool:
        """Whether the run is ending."""
        return self._cut.is_set()
