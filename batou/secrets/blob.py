"""`SecretBlob`: the decrypted secrets of an environment, as plain values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from batou.report.encodings import pieces


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


def secret_values(blob: SecretBlob) -> set[str]:
    """All that must be masked.

    >>> blob = SecretBlob({"db": {"url": "psql://app:hunter2@db", "fast": "true"}},
    ...                   secret_files={"x.env": "TOKEN='s3cret-token'"})
    >>> sorted(secret_values(blob))
    ["TOKEN='s3cret-token'", 'hunter2', 'psql://app:hunter2@db', 's3cret-token']
    """
    return {piece for text in blob.texts() for piece in pieces(text)}
