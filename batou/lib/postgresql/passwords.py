"""Whether a password is the one that a PostgreSQL server keeps a digest of, and such digests.

A server that is told the digest never sees the password, so its log cannot show it.
"""

import base64
import hashlib
import hmac
import os
import stringprep
import unicodedata

ROUNDS = 4096


def scram(password: str, salt: bytes | None = None, rounds: int = ROUNDS) -> str:
    """What a server keeps of *password*: SCRAM-SHA-256 of RFC 5803.

    >>> scram("foo", b"0123456789abcdef")[:38]
    'SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2R'
    """
    salt = os.urandom(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", prepared(password), salt, rounds)
    stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    keys = ":".join(_text(key) for key in (stored, _hmac(salted, b"Server Key")))
    return f"SCRAM-SHA-256${rounds}:{_text(salt)}${keys}"


def is_password(password: str, role: str, kept: str | None) -> bool:
    """Whether *kept* is the digest of the *password* of *role*."""
    if not kept:
        return False
    if kept.startswith("md5"):
        digest = hashlib.md5(f"{password}{role}".encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(kept, f"md5{digest}")
    kind, _, rest = kept.partition("$")
    if kind != "SCRAM-SHA-256":
        return False
    rounds, _, salt = rest.partition("$")[0].partition(":")
    return hmac.compare_digest(kept, scram(password, base64.b64decode(salt), int(rounds)))


def prepared(password: str) -> bytes:
    """*password* as SCRAM takes it: by SASLprep (RFC 4013), or as it is where that refuses it.

    >>> prepared("I\\u00adX\\u2168"), prepared("a\\x07")
    (b'IXIX', b'a\\x07')
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char
        for char in password
        if not stringprep.in_table_b1(char)
    )
    normal = unicodedata.normalize("NFKC", mapped)
    return (password if not normal or _is_refused(normal) else normal).encode()


_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
    stringprep.in_table_a1,
)


def _is_refused(text: str) -> bool:
    if any(is_in(char) for char in text for is_in in _PROHIBITED):
        return True
    if not any(map(stringprep.in_table_d1, text)):
        return False
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    return any(map(stringprep.in_table_d2, text)) or not ends


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, "sha256").digest()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
