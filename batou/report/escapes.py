"""Texts of others, without what a terminal would take for a command."""

import re

ESCAPES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # like a window's title
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, moves, what is erased
    r"|\x1b[ -/]*[0-~]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    r"|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # text that runs the other way
)


def without_escapes(text: str) -> str:
    """*text* without what a terminal would obey (ECMA-48), and without turns of its direction.

    >>> without_escapes("a\\x1b[31mb\\tc")
    'ab\\tc'
    """
    return ESCAPES.sub("", text)
