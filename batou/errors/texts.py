"""Exceptions as text that can always be made, is not too long, and commands no terminal."""

import os
import re

ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)

LONGEST = 2000
"""Characters of an exception's text that are shown."""

_NAMELESS = ("error", "Error", "timeout")


def without_escapes(text: str) -> str:
    """*text* without what a terminal would take for a command (ECMA-48), or for a direction.

    >>> without_escapes("a\\x1b[31mb\\tc")
    'ab\\tc'
    """
    return ESCAPES.sub("", text)


def clipped(text: str, limit: int = LONGEST) -> str:
    """The beginning of *text*, and how long it is if that is not all.

    >>> clipped("abcdef", 3)
    'abc … (6 characters)'
    """
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text)} characters)"


def hide_passwords(text: str) -> str:
    """*text* without the passwords of URLs in it.

    >>> hide_passwords("git clone https://me:secret@example.com/x")
    'git clone https://me:***@example.com/x'
    """
    return re.sub(r"(\w+://[^/\s:@]*:)[^/\s]+@", r"\1***@", text)


def shown_path(path: str) -> str:
    """*path* relative to the current directory if it lies below."""
    if not os.path.isabs(path):
        return path
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    return path if relative.startswith("..") else relative


def relative(text: str) -> str:
    """*text* with quoted paths below the current directory as relative ones."""
    here = os.getcwd().rstrip(os.sep) + os.sep
    return text.replace(f"'{here}", "'") if len(here) > 1 else text


def prepare_error(error: BaseException) -> str:
    """An exception as ``Type: text``.

    >>> prepare_error(KeyError("no such key")), prepare_error(ValueError())
    ('KeyError: no such key', 'ValueError')
    """
    text = text_of(error)
    if isinstance(error, SystemExit):
        return text
    kind = type(error)
    name = f"{kind.__module__}.{kind.__name__}" if kind.__name__ in _NAMELESS else kind.__name__
    return f"{name}: {text}" if text else name


def text_of(error: BaseException) -> str:
    """What *error* says, without its type."""
    try:
        text = _text(error)
    except Exception as second:
        return f"its text cannot be made: {type(second).__name__}"
    printable = without_escapes(clipped(text))
    return "\n".join(line.rstrip() for line in printable.strip().splitlines() if line.strip())


def _text(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it called sys.exit({'' if error.code is None else repr(error.code)})"
    if isinstance(error, KeyError) and len(error.args) == 1 and isinstance(error.args[0], str):
        key: str = error.args[0]
        return key if " " in key else repr(key)
    if isinstance(error, SyntaxError):
        return error.msg or ""
    if isinstance(error, OSError) and error.strerror and type(error).__str__ is OSError.__str__:
        return _os_text(error)
    text = str(error)
    if isinstance(error, RecursionError):
        return text.partition(" while ")[0]  # where it was noticed is chance
    if isinstance(error, ImportError):
        return re.sub(r" \((?:/.*|unknown location|.*\.py)\)$", "", text)
    return text


def _os_text(error: OSError) -> str:
    """The text of an OSError without its number, and with paths as people write them."""
    names = [
        repr(shown_path(os.fsdecode(name)))
        for name in (error.filename, error.filename2)
        if isinstance(name, (str, bytes, os.PathLike))
    ]
    reason = error.strerror or ""
    return f"{reason}: {' -> '.join(names)}" if names else reason
