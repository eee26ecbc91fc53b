"""Reporters for the command line: lines for people, JSON for programs."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import TextIO

from batou.cli.terminal import suits
from batou.report import Reporter, listening
from batou.report.events import Event
from batou.report.masking import Masker
from batou.report.printing import Printer


class JSONReporter:
    """Prints each event as one line of JSON."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def receive(self, event: Event) -> None:
        """Print *event*."""
        self._stream.write(json.dumps(event.to_wire(), ensure_ascii=False) + "\n")
        self._stream.flush()


class MaskingReporter:
    """Hands events on, with known secrets masked."""

    def __init__(self, reporter: Reporter, masker: Masker) -> None:
        self._reporter = reporter
        self._masker = masker

    def receive(self, event: Event) -> None:
        """Hand *event* on."""
        self._reporter.receive(self._masker.event(event))


class Several:
    """Hands each event to all of its reporters."""

    def __init__(self, *reporters: Reporter) -> None:
        self._reporters = reporters

    def receive(self, event: Event) -> None:
        """Hand *event* on."""
        for reporter in self._reporters:
            reporter.receive(event)


@contextmanager
def reporting(format: str, masker: Masker, *further: Reporter) -> Iterator[None]:
    """What is said inside the block is printed in *format*: ``text`` or ``json``.

    *further* reporters receive the same, which means that they see no secrets either.
    """
    with ExitStack() as stack:
        reporter: Reporter
        if format == "json":
            reporter = JSONReporter(stack.enter_context(only_events()))
        elif suits(sys.stdout):
            from batou.cli.terminal.screen import Screen

            reporter = stack.enter_context(Screen())
        else:
            reporter = Printer()
        stack.enter_context(listening(MaskingReporter(Several(reporter, *further), masker)))
        yield


@contextmanager
def only_events() -> Iterator[TextIO]:
    """Stdout for events; whatever else is printed meanwhile goes to stderr.

    That includes what programs print that components start, if stdout is a real
    file. A program that reads the events would stumble over it.
    """
    stdout = sys.stdout
    stdout.flush()
    try:
        number, elsewhere = stdout.fileno(), sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        with redirect_stdout(sys.stderr):
            yield stdout
        return
    before = os.dup(number)
    os.dup2(elsewhere, number)
    try:
        with (
            open(os.dup(before), "w", encoding="utf-8", errors="backslashreplace") as stream,
            redirect_stdout(sys.stderr),
        ):
            yield stream
    finally:
        os.dup2(before, number)
        os.close(before)
