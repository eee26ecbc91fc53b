"""Reporters for the command line: lines for people, JSON for programs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from batou.report import Reporter, listening
from batou.report.events import Event
from batou.report.masking import Masker
from batou.report.printing import Printer


class JSONReporter:
    """Prints each event as one line of JSON."""

    def receive(self, event: Event) -> None:
        """Print *event*."""
        sys.stdout.write(json.dumps(event.to_wire(), ensure_ascii=False) + "\n")
        sys.stdout.flush()


class MaskingReporter:
    """Hands events on, with known secrets masked."""

    def __init__(self, reporter: Reporter, masker: Masker) -> None:
        self._reporter = reporter
        self._masker = masker

    def receive(self, event: Event) -> None:
        """Hand *event* on."""
        self._reporter.receive(self._masker.event(event))


@contextmanager
def reporting(format: str, masker: Masker) -> Iterator[None]:
    """What is said inside the block is printed in *format*: ``text`` or ``json``."""
    reporter: Reporter = JSONReporter() if format == "json" else Printer()
    with listening(MaskingReporter(reporter, masker)):
        yield
