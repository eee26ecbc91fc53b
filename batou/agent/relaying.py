"""A relay: starts programs for the controller, and hands on what they read and write.

Sent as source text over execnet, and run by whatever Python the relay has, 3.8
or newer, with the standard library only. Messages are tuples ``(number, kind,
value)``; the controller counts the programs:

- from the controller: ``start`` with a list of words, ``data`` with bytes for the
  program's standard input, ``eof`` after the last of them, ``kill``
- to the controller: at first ``"ready"``, then ``data`` with bytes, ``said`` with a line
  of its standard error, at last ``ended`` with the exit code

Each program has threads of its own, so that one which stalls stops no other.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from typing import Any

PIECE = 1 << 16


class Relayed:
    """One program, and the threads that feed and hear it."""

    def __init__(self, send: Any, words: list[str]) -> None:
        self.send = send
        self.input: queue.Queue[bytes | None] = queue.Queue()
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe)
        for target in (self.feed, self.hear):
            threading.Thread(target=target, daemon=True).start()

    def feed(self) -> None:
        """Write what the controller sends; None ends it."""
        assert self.process.stdin is not None
        try:
            while True:
                data = self.input.get()
                if data is None:
                    break
                self.process.stdin.write(data)
                self.process.stdin.flush()
            self.process.stdin.close()
        except OSError:
            pass  # it has ended; that is told by `hear`

    def hear(self) -> None:
        """Tell what the program writes, and how it ends."""
        complaints = threading.Thread(target=self.hear_complaints, daemon=True)
        complaints.start()
        assert self.process.stdout is not None
        while True:
            data = self.process.stdout.read1(PIECE)  # type: ignore[attr-defined]  # buffered
            if not data:
                break
            self.send("data", data)
        code = self.process.wait()
        complaints.join(timeout=2)  # a program that lives on may keep the pipe
        self.send("ended", code)

    def hear_complaints(self) -> None:
        """Tell each line of standard error."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.send("said", line[:PIECE].decode("utf-8", "replace").rstrip())


class Relay:
    """All programs of one controller."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.programs: dict[int, Relayed] = {}
        self.sending = threading.Lock()

    def run(self) -> None:
        """Do what the controller asks for until it goes away; then no program stays."""
        self.channel.send("ready")
        try:
            for number, kind, value in self.channel:
                self.answer(number, kind, value)
        finally:
            for program in self.programs.values():
                program.process.kill()

    def answer(self, number: int, kind: str, value: Any) -> None:
        """Do what one message asks for."""
        if kind == "start":
            self.start(number, value)
        elif number in self.programs and kind == "data":
            self.programs[number].input.put(value)
        elif number in self.programs and kind == "eof":
            self.programs[number].input.put(None)
        elif number in self.programs and kind == "kill":
            self.programs[number].process.kill()

    def start(self, number: int, words: list[str]) -> None:
        """Start a program; one that cannot be started has ended."""

        def send(kind: str, value: Any) -> None:
            try:
                with self.sending:
                    self.channel.send((number, kind, value))
            except OSError:
                pass  # the controller has gone

        try:
            self.programs[number] = Relayed(send, words)
        except OSError as error:
            send("said", "sh: %s: %s" % (words[0], error.strerror))  # noqa: UP031 - as old as 3.8
            send("ended", 127)


if __name__ == "__channelexec__":
    Relay(globals()["channel"]).run()  # execnet puts it there
