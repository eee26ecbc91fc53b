"""What happens, as events; who listens.

Everything that people see goes through `say`. Who receives it is ambient,
because user code prints without being handed a reporter; when nobody listens,
events are printed plainly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

from batou.report.events import Event
from batou.report.output import Output
from batou.report.printing import Printer


class Reporter(Protocol):
    """Whoever receives events."""

    def receive(self, event: Event) -> None:
        """Draw, record or forward *event*."""
        ...


Listener = TypeVar("Listener", bound=Reporter)

_listener: ContextVar[Reporter | None] = ContextVar("batou.report.listener", default=None)
_printer = Printer()


def say(event: Event) -> None:
    """Hand *event* to whoever listens; print it plainly if nobody does."""
    (_listener.get() or _printer).receive(event)


@contextmanager
def listening(reporter: Listener) -> Iterator[Listener]:
    """*reporter* receives what is said inside the block."""
    token = _listener.set(reporter)
    try:
        yield reporter
    finally:
        _listener.reset(token)


class Both:
    """Hands events to two reporters, one after the other."""

    def __init__(self, first: Reporter, second: Reporter) -> None:
        self._reporters = first, second

    def receive(self, event: Event) -> None:
        """Hand *event* on."""
        for reporter in self._reporters:
            reporter.receive(event)


@contextmanager
def also_listening(reporter: Listener) -> Iterator[Listener]:
    """*reporter* receives what is said inside the block, after whoever listens already."""
    with listening(Both(_listener.get() or _printer, reporter)):
        yield reporter


output = Output(say)
"""The global output; deployments know it as ``batou.output``."""
