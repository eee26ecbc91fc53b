"""Send what happens on this host to the controller."""

import io
from time import monotonic
from typing import Any, Protocol

from batou.errors.texts import clipped
from batou.report import Reporter, listening, output
from batou.report.events import Event, Failure
from batou.report.masking import Masker


class Channel(Protocol):
    """The host's end of the line; execnet provides it."""

    def send(self, item: object) -> None:
        """Send a value of builtin types."""
        ...


class WireReporter:
    """Masks each event and sends it.

    Events are sent in batches, so that what one component prints stays together
    however many hosts are talking.
    """

    PATIENCE = 0.5  # seconds
    MOST = 1_000_000  # characters in a batch, about; the controller refuses far larger ones

    def __init__(self, channel: Channel, masker: Masker) -> None:
        self._channel = channel
        self._masker = masker
        self.is_muted = False
        self._batch: list[Any] = []
        self._size = 0
        self._sent = monotonic()

    def receive(self, event: Event) -> None:
        """Keep *event* for the next batch; send that if it is due."""
        if self.is_muted:
            return
        wire = short(plain(self._masker.event(event).to_wire()))
        self._batch.append(wire)
        self._size += sum(len(value) for value in wire.values() if isinstance(value, str))
        is_large = len(self._batch) >= 1000 or self._size > self.MOST
        if is_large or monotonic() - self._sent > self.PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Send what is kept."""
        batch, self._batch, self._size, self._sent = self._batch, [], 0, monotonic()
        if batch:
            self._channel.send({"say": "events", "events": batch})


class Prints(io.TextIOBase):
    """A standard output whose lines become events: ``print`` in components is seen."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter  # threads of components do not know it
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        with listening(self._reporter):
            for line in lines:
                output.line(line)
        return len(text)

    def flush(self) -> None:
        if self._rest:
            self.write("\n")


def plain(value: Any) -> Any:
    """*value* with exact builtin types, which is all that the wire takes.

    >>> class Text(str): pass
    >>> type(plain([Text("a")])[0])
    <class 'str'>
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value).encode("utf-8", "replace").decode()
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)


LONGEST_TEXT = 100_000
"""Characters that one text of an event may have; the controller refuses far longer ones."""


def short(value: Any) -> Any:
    """*value* with very long texts in it cut."""
    if isinstance(value, str):
        return clipped(value, LONGEST_TEXT)
    if isinstance(value, dict):
        return {key: short(item) for key, item in value.items()}
    if isinstance(value, list):
        return [short(item) for item in value]
    return value


def failure_message(failure: Failure, order: int = 0, host: str = "") -> dict[str, Any]:
    """A failure as part of an answer."""
    return {**short(plain(failure.to_wire())), "order": order, "affected_host": host}
