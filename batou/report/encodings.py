"""The forms in which a secret may show up: what it consists of, and how it may be written."""

import base64
import html
import json
import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Characters that a value needs to be masked; shorter ones occur everywhere."""

SHORTEST_WORD = 8
"""Characters that a word in the middle of a line needs to be taken for a secret."""

LINE_LENGTHS = (76, 64)
"""Where programs break lines of base64 (MIME, PEM)."""

_COMMON = frozenset({"true", "false", "none", "null"})
_QUOTES = "\"',;{}[]() "
_PASSWORD_OF_URL = re.compile(r"://[^:/@\s]*:([^/@\s]+)@")
_ASSIGNED = re.compile(r"[\w.\-\"'\[\] ]+?\s*(?:=>|=|:(?!//))\s*(?P<value>.+)")
_CALLED_SECRET = re.compile(r"(?i)\b(?:pass\w*|secret|token|key|bearer|basic)\s+(\S+)")
_TEXT_INSIDE = re.compile(rb"[ -~]{8,}")
_LOOKS_RANDOM = re.compile(r"(?=\D*\d)(?=[^a-zA-Z]*[a-zA-Z])")


def pieces(value: str) -> set[str]:
    """What of *value* is worth masking: itself, its lines, what keys are set to, passwords.

    Of the words of a line those count that are quoted, called a password or the
    like, or long and made of letters and digits. What is short or common does not.

    >>> sorted(pieces("psql://app:hunter2@db\\ndebug = true"))
    ['debug = true', 'hunter2', 'psql://app:hunter2@db', 'psql://app:hunter2@db\\ndebug = true']
    """
    lines = [line for line in value.splitlines() if not line.startswith("-----")]  # PEM's frame
    found = {piece for line in lines for piece in _of_line(line.strip())}
    whole = value.strip()
    is_masked = len(whole) >= SHORTEST and whole.lower() not in _COMMON
    return {piece for piece in found if _is_telling(piece)} | (
        {value, whole} if is_masked else set()
    )


def pieces_of_bytes(value: bytes) -> set[str | bytes]:
    """What of *value*, which is no text, is worth masking: itself, and texts inside of it.

    >>> pieces_of_bytes(b"\\xff\\x00password") == {b"\\xff\\x00password", "password"}
    True
    """
    return {value, *(text.decode() for text in _TEXT_INSIDE.findall(value))}


def _of_line(line: str) -> Iterator[str]:
    yield line
    yield from _PASSWORD_OF_URL.findall(line)
    yield from _CALLED_SECRET.findall(line)
    for part in (line, *line.split()):
        bare = part.strip(_QUOTES)
        is_quoted = part.startswith(('"', "'"))
        if assigned := _ASSIGNED.fullmatch(part):
            yield assigned["value"].strip(_QUOTES)
        elif is_quoted or (len(bare) >= SHORTEST_WORD and _LOOKS_RANDOM.match(bare)):
            yield bare


def _is_telling(piece: str) -> bool:
    if len(piece) < SHORTEST or piece.lower() in _COMMON:
        return False
    return not piece.endswith(":") and any(character.isalnum() for character in piece)


def encodings(secret: str | bytes) -> set[str]:
    """How *secret* may be written: as it is, escaped, quoted, in base64, hex, or a URL.

    Bytes are what is no text.
    """
    raw = secret.encode("utf-8", "surrogateescape") if isinstance(secret, str) else secret
    found = {raw.hex(), raw.hex().upper(), repr(raw)[2:-1], *base64_forms(raw)}
    if isinstance(secret, str):
        found |= set(_written(secret, raw))
    else:
        found |= {raw.decode("utf-8", way) for way in ("replace", "ignore", "backslashreplace")}
    return {form for form in found if len(form) >= SHORTEST}


def _written(secret: str, raw: bytes) -> Iterator[str]:
    yield secret
    if secret.isascii() and secret.isalnum():
        return
    yield from (quote(raw, safe=""), quote(raw), quote_plus(raw))
    yield from (repr(secret)[1:-1], ascii(secret)[1:-1])
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield secret.encode("unicode_escape").decode()
    if (quoted := shlex.quote(secret)) != secret:
        yield quoted[1:-1]
    yield secret.replace("'", "'\\''")
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", secret)
    yield from (secret.replace("'", "''"), secret.replace("'", "\\'"), secret.replace('"', '\\"'))
    yield from (html.escape(secret), html.escape(secret, quote=False))
    yield from (secret.replace("%", "%%"), secret.replace("\n", "\r\n"))


def base64_forms(raw: bytes) -> Iterator[str]:
    """*raw* in base64, also as a part of something longer, wherever that begins.

    >>> all(any(form in coded for form in base64_forms(b"hunter2")) for coded in
    ...     (base64.b64encode(before + b"hunter2:").decode() for before in (b"", b"u", b"u:")))
    True
    """
    encoded = base64.b64encode(raw).decode().rstrip("=")
    found = [encoded]
    for length in LINE_LENGTHS:
        if len(encoded) > length:
            found += [encoded[at : at + length] for at in range(0, len(encoded), length)]
    for offset in range(3):
        shifted = base64.b64encode(bytes(offset) + raw).decode()
        first, end = (offset * 8 + 5) // 6, (offset + len(raw)) * 8 // 6
        found.append(shifted[first:end])
    for form in found:
        yield form
        yield form.translate(_URL_SAFE)


_URL_SAFE = str.maketrans("+/", "-_")
