"""What a host may say: the kinds of messages, and what each must have."""

from collections.abc import Callable, Mapping
from typing import Any

LONGEST = 1 << 20
"""Characters of one text."""

MOST_VALUES = 500_000
"""Values in one message."""


def _is_list_of(kind: type) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, (list, tuple)) and all(type(item) is kind for item in value)
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_amount(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _is_fields(value: Any) -> bool:
    return isinstance(value, dict)


Wanted = Mapping[str, Callable[[Any], bool]]

DIALOGUE: Mapping[str, Wanted] = {
    "facts": {"python": _is_list_of(int), "user": _is_text, "home": _is_text},
    "lacks": {"objects": _is_list_of(str)},
    "got": {"bytes": _is_amount},
    "unpacked": {"changed": _is_amount, "removed": _is_amount},
    "refused": {"why": _is_text, "expected": _is_text},
    "pong": {},
}
"""Before the agent runs: what must be in each kind of message."""

RUN: Mapping[str, Wanted] = {
    "events": {"events": _is_list},
    "configured": {"failures": _is_list},
    "begin": {"root": _is_text},
    "root": {"root": _is_text, "outcome": _is_text},
    "done": {},
    "crashed": {"failure": _is_fields},
    "refused": DIALOGUE["refused"],
    "unpacked": DIALOGUE["unpacked"],
    "pong": {},
}
"""From then on."""


def fault_of(message: Any, kinds: Mapping[str, Wanted]) -> str:
    """What is wrong with *message*, one of *kinds* being expected; empty if nothing is.

    >>> fault_of({"say": "begin"}, RUN)
    "a message 'begin' without a good 'root'"
    """
    if not isinstance(message, dict):
        return f"a {type(message).__name__} instead of a message"
    if not all(isinstance(key, str) for key in message):
        return "a message with keys that are no text"
    kind = message.get("say")
    if not isinstance(kind, str) or kind not in kinds:
        return f"a message of the unexpected kind {ascii(kind)[:40]}"
    for key, is_good in kinds[kind].items():
        if key not in message or not is_good(message[key]):
            return f"a message {kind!r} without a good {key!r}"
    return _excess(message)


def _excess(message: Any) -> str:
    """What is too much in *message*, which is not nested deeply."""
    count, values = 0, [message]
    while values:
        value = values.pop()
        count += 1
        if count > MOST_VALUES:
            return f"a message with more than {MOST_VALUES} values"
        if isinstance(value, dict):
            values.extend(value.keys())
            values.extend(value.values())
        elif isinstance(value, (list, tuple)):
            values.extend(value)
        elif isinstance(value, str):
            if len(value) > LONGEST:
                return f"a text of {len(value)} characters"
        elif isinstance(value, bytes):
            return "bytes where text belongs"
    return ""
