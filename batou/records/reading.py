"""Give back what was recorded; a record may have been cut, or changed by anybody."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from batou.records.errors import DamagedRecord
from batou.records.recorder import FORMAT, Header
from batou.report.events import Event, Finished, from_wire

LONGEST_LINE = 16 * 1024 * 1024

TAIL = 1024 * 1024
"""Bytes at the end of a record in which its last event is looked for."""


@dataclass(frozen=True)
class Recorded:
    """An event, and the seconds since the run began."""

    at: float
    event: Event


def header_of(path: str) -> Header:
    """The first line of the record at *path*; raises DamagedRecord."""
    try:
        with open(path, "rb") as file:
            return _header(path, file.readline(LONGEST_LINE))
    except OSError as error:
        raise _unreadable(path, error) from None


def events_of(path: str) -> Iterator[Recorded]:
    """The events of the record at *path*; a last line that was cut is left out.

    Raises DamagedRecord at the first line that makes no sense.
    """
    try:
        with open(path, "rb") as file:
            _header(path, file.readline(LONGEST_LINE))
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 2):
                if not line.endswith(b"\n"):
                    return
                yield _recorded(path, number, line)
    except OSError as error:
        raise _unreadable(path, error) from None


def end_of(path: str) -> Finished | None:
    """The last event of the record at *path*; None if the run has not ended, or was killed."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
            *_, last = [b"", *file.read().splitlines(keepends=True)]
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        event = _recorded(path, 0, last).event
    except DamagedRecord:
        return None
    return event if isinstance(event, Finished) else None


def _unreadable(path: str, error: OSError) -> DamagedRecord:
    return DamagedRecord(path, 0, f"it cannot be read: {(error.strerror or str(error)).lower()}")


def _values(path: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise DamagedRecord(path, number, "a line is no JSON object")
    return values


def _header(path: str, line: bytes) -> Header:
    values = _values(path, 1, line)
    if values.pop("record", None) != FORMAT:
        raise DamagedRecord(path, 1, f"it does not begin with a header of format {FORMAT}")
    wanted = {field.name for field in fields(Header)}
    if set(values) != wanted or not all(isinstance(value, str) for value in values.values()):
        raise DamagedRecord(path, 1, "its header lacks something, or has too much")
    return Header(**values)


def _recorded(path: str, number: int, line: bytes) -> Recorded:
    values = _values(path, number, line)
    at = values.pop("at", None)
    try:
        if isinstance(at, bool) or not isinstance(at, (int, float)):
            raise ValueError("it does not say when it happened")
        return Recorded(float(at), from_wire(values))
    except ValueError as error:
        raise DamagedRecord(path, number, str(error)) from None
