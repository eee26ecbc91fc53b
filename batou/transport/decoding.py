"""Values from a host, read strictly: execnet's format, without what a hostile sender makes of it.

execnet's own reader believes lengths that it is told, so that ten bytes make it allocate a list
of two thousand million items, and it makes channels. This one reads plain values only: None,
booleans, numbers, text, bytes, lists, tuples and dictionaries.
"""

import struct
from typing import Any

DEEPEST = 20
"""Levels of lists and dictionaries in one another."""

LONGEST_NUMBER = 40
"""Digits of a number that is sent as text."""


class Unreadable(ValueError):
    """The bytes are no plain value; says why."""


class Reader:
    """Reads one value from *data*, which is what execnet calls an internal dump."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0
        self._stack: list[tuple[Any, int]] = []  # values, and how deep each is

    def value(self) -> Any:
        """The value; raises Unreadable."""
        while (code := self._take(1)) != b"Q":
            self._step(code)
        if len(self._stack) != 1:
            raise Unreadable("it is not one value")
        return self._stack[0][0]

    def _step(self, code: bytes) -> None:
        if code in CONSTANTS:
            self._stack.append((CONSTANTS[code], 0))
        elif code in (b"F", b"G"):
            self._stack.append((self._number(), 0))
        elif code in (b"H", b"I"):
            self._stack.append((self._long(), 0))
        elif code == b"D":
            self._stack.append((struct.unpack("!d", self._take(8))[0], 0))
        elif code in (b"N", b"S"):
            self._stack.append((self._text(), 0))
        elif code == b"A":
            self._stack.append((self._take(self._number()), 0))
        elif code == b"K":
            self._stack.append(([None] * self._count(), 0))
        elif code == b"J":
            self._stack.append(({}, 0))
        elif code == b"P":
            self._set_item()
        elif code == b"@":
            self._tuple()
        else:
            raise Unreadable(f"it has something of kind {code!r}")

    def _take(self, count: int) -> bytes:
        end = self._place + count
        if count < 0 or end > len(self._data):
            raise Unreadable("it is cut off")
        taken = self._data[self._place : end]
        self._place = end
        return taken

    def _number(self) -> int:
        number: int = struct.unpack("!i", self._take(4))[0]
        return number

    def _count(self) -> int:
        count = self._number()
        if not 0 <= count <= len(self._data) - self._place:
            raise Unreadable(f"it announces {count} items, and has less")
        return count

    def _long(self) -> int:
        digits = self._take(self._number())
        if len(digits) > LONGEST_NUMBER:
            raise Unreadable("it has a number that is too long")
        try:
            return int(digits)
        except ValueError:
            raise Unreadable("it has a number that is none") from None

    def _text(self) -> str:
        try:
            return self._take(self._number()).decode("utf-8")
        except UnicodeDecodeError:
            raise Unreadable("it has text that is not UTF-8") from None

    def _set_item(self) -> None:
        if len(self._stack) < 3:
            raise Unreadable("it has an item of nothing")
        value, depth = self._stack.pop()
        key, _ = self._stack.pop()
        container, own = self._stack[-1]
        is_place = type(key) is int and isinstance(container, list) and 0 <= key < len(container)
        is_key = isinstance(container, dict) and isinstance(key, (str, int, float, type(None)))
        if not (is_place or is_key):
            raise Unreadable("it has an item where none can be")
        container[key] = value
        self._stack[-1] = (container, self._deeper(own, depth))

    def _tuple(self) -> None:
        count = self._number()
        if not 0 <= count <= len(self._stack):
            raise Unreadable("it announces more items than it has")
        items = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        depth = 0
        for _, below in items:
            depth = self._deeper(depth, below)
        self._stack.append((tuple(item for item, _ in items), depth))

    def _deeper(self, own: int, below: int) -> int:
        if below >= DEEPEST:
            raise Unreadable(f"it is more than {DEEPEST} levels deep")
        return max(own, below + 1)


CONSTANTS = {b"L": None, b"R": True, b"C": False}


def decoded(data: bytes) -> Any:
    """The value that *data* holds; raises Unreadable."""
    return Reader(data).value()
