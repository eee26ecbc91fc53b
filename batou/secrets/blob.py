"""`SecretBlob`: the decrypted secrets of an environment, as plain values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SHORTEST = 4
"""Characters below which a word is too common to be treated as a secret."""

_COMMON = frozenset({"true", "false", "none", "null"})
_QUOTES = "\"',;{}[] "
_PASSWORD_OF_URL = re.compile(r"://[^:/@\s]*:([^/@\s]+)@")
_ASSIGNED = re.compile(r"[\w.\-\"']+\s*(?:=|:(?!//))\s*(?P<value>.+)")


@dataclass(frozen=True)
class SecretBlob:
    """What an environment's secrets say.

    *component_overrides* and *host_data* are ``{name: {key: value}}``;
    *secret_files* has text, or bytes where a file is not UTF-8. *secret_data* are
    the values that components compare with: words of overrides and lines of
    files. *locations* says ``path:line`` for (component, key), and for
    (``host:name``, key); the line is the one that ``secrets edit`` shows.
    """

    component_overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    host_data: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    secret_files: Mapping[str, str | bytes] = field(default_factory=dict)
    secret_data: frozenset[str] = frozenset()
    locations: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def texts(self) -> Iterator[str]:
        """Every value that is text."""
        for values in (*self.component_overrides.values(), *self.host_data.values()):
            yield from values.values()
        yield from (content for content in self.secret_files.values() if isinstance(content, str))


def semantic_values(
    overrides: Mapping[str, Mapping[str, str]], files: Mapping[str, str | bytes]
) -> frozenset[str]:
    """Words of *overrides* and lines of *files*: 2.x's ``environment.secret_data``."""
    words = {
        word for values in overrides.values() for text in values.values() for word in text.split()
    }
    lines = {line for text in files.values() if isinstance(text, str) for line in text.splitlines()}
    return frozenset(words | lines)


def secret_values(blob: SecretBlob) -> set[str]:
    """All that must be masked: values, their lines and words, what keys are set to, passwords.

    Words below `SHORTEST` characters, and those that occur everywhere, do not count.

    >>> blob = SecretBlob({"db": {"url": "psql://app:hunter2@db", "fast": "true"}},
    ...                   secret_files={"x.env": "TOKEN='s3cret-token'"})
    >>> sorted(secret_values(blob))
    ["TOKEN='s3cret-token'", 'hunter2', 'psql://app:hunter2@db', 's3cret-token']
    """
    found = {piece for text in blob.texts() for piece in _pieces(text)}
    return {piece for piece in found if _is_telling(piece)}


def _pieces(text: str) -> Iterator[str]:
    yield text.strip()
    for line in text.splitlines():
        if line.startswith("-----"):  # the frame of a PEM file
            continue
        yield line.strip()
        for part in (line.strip(), *line.split()):
            yield part.strip(_QUOTES) if part.startswith(("'", '"')) else part
            if assigned := _ASSIGNED.fullmatch(part):
                yield assigned["value"].strip(_QUOTES)
        yield from _PASSWORD_OF_URL.findall(line)


def _is_telling(piece: str) -> bool:
    if len(piece) < SHORTEST or piece.lower() in _COMMON:
        return False
    return not piece.endswith(":") and any(character.isalnum() for character in piece)
