"""Run a program that reads a passphrase from its terminal, and answer for the person.

What a program asks differs between tools, versions and languages. But all of
them switch the terminal's echo off while they wait for a passphrase, so that is
what we look for, not for words.
"""

import os
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

PATIENCE = 0.02
"""Seconds between two looks at the terminal."""

ADOPT_TERMINAL = (
    "import os, sys; os.open(sys.argv[1], os.O_RDWR); os.execvp(sys.argv[2], sys.argv[2:])"
)
"""The first terminal that the leader of a session opens becomes its own."""

SLOWEST = 10.0
"""Seconds a program has to take its answer; then it must be waiting for another one."""


@dataclass(frozen=True)
class Answered:
    """How the program ended; *refused* if it asked once more after it had its answer.

    *message* is what it wrote to its standard error, or else to its terminal.
    """

    returncode: int
    stdout: bytes
    message: str
    refused: bool = False


def run_answering(
    command: Sequence[str], answer: str, input: bytes | None = None, pass_fds: Sequence[int] = ()
) -> Answered:
    """Run *command* on a terminal of its own and type *answer* when it waits for a passphrase.

    Its standard input is *input*; without one it is the terminal.
    """
    ours, theirs = os.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", ADOPT_TERMINAL, os.ttyname(theirs), *command],
            stdin=theirs if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        try:
            return _converse(process, ours, theirs, answer, input)
        finally:
            _stop(process)
    finally:
        os.close(ours)
        os.close(theirs)


def _converse(
    process: "subprocess.Popen[bytes]", ours: int, theirs: int, answer: str, input: bytes | None
) -> Answered:
    stdout, stderr = _Collector(process.stdout), _Collector(process.stderr)
    if input is not None:
        threading.Thread(target=_feed, args=(process.stdin, input), daemon=True).start()
    was_waiting, answered_at, refused, shown = False, 0.0, False, b""
    while process.poll() is None and not refused:
        if select.select([ours], [], [], PATIENCE)[0]:
            shown += os.read(ours, 4096)
        waiting = _waits_for_passphrase(theirs)
        if waiting and not answered_at:
            os.write(ours, answer.encode() + b"\n")
            answered_at = time.monotonic()
        elif waiting:
            refused = not was_waiting or time.monotonic() > answered_at + SLOWEST
        was_waiting = waiting
    _stop(process)
    message = (stderr.text() or shown).decode("utf-8", "replace").replace("\r", "").strip()
    return Answered(process.returncode, stdout.text(), message, refused)


def _waits_for_passphrase(terminal: int) -> bool:
    return not termios.tcgetattr(terminal)[3] & termios.ECHO


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Make sure that *process* and what it started have ended."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _feed(pipe: "IO[bytes] | None", content: bytes) -> None:
    assert pipe is not None
    with suppress(BrokenPipeError), pipe:
        pipe.write(content)


class _Collector:
    """Reads a pipe to its end, beside what else is going on."""

    def __init__(self, pipe: "IO[bytes] | None") -> None:
        assert pipe is not None
        self._pipe = pipe
        self._content = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe:
            self._content = self._pipe.read()

    def text(self) -> bytes:
        """All that was written."""
        self._thread.join()
        return self._content
