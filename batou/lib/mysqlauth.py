"""Whether a password is the one that a MySQL or MariaDB server stores a digest of."""

import hashlib
import hmac


def is_password(password: str, plugin: str, stored: bytes) -> bool | None:
    """Whether *stored* by the authentication *plugin* is the digest of *password*.

    None if that cannot be told, because only the plugin itself can compare.
    """
    secret = password.encode()
    if not stored:
        return not password if plugin in _COMPARABLE else None
    if plugin in ("", "mysql_native_password"):
        return hmac.compare_digest(stored, native_digest(secret))
    if plugin == "caching_sha2_password" and stored.startswith(b"$A$") and len(stored) == 70:
        rounds, salt, digest = int(stored[3:6], 16) * 1000, stored[7:27], stored[27:]
        return hmac.compare_digest(digest, sha256_crypt(secret, salt, rounds))
    if plugin == "sha256_password" and stored.startswith(b"$5$"):
        salt, _, digest = stored[3:].rpartition(b"$")
        return hmac.compare_digest(digest, sha256_crypt(secret, salt, 5000))
    return None


_COMPARABLE = ("", "mysql_native_password", "caching_sha2_password", "sha256_password")


def native_digest(password: bytes) -> bytes:
    """What mysql_native_password stores.

    >>> native_digest(b"password")
    b'*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'
    """
    twice = hashlib.sha1(hashlib.sha1(password).digest())
    return b"*" + twice.hexdigest().upper().encode()


def sha256_crypt(password: bytes, salt: bytes, rounds: int) -> bytes:
    """The digest of crypt(3)'s ``$5$``, without its prefix.

    The scheme is Ulrich Drepper's; the standard library's crypt module, gone in
    Python 3.13, takes no binary salts.

    >>> sha256_crypt(b"Hello world!", b"saltstringsaltst", 10000)
    b'3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'
    """
    size = len(password)
    alternate = hashlib.sha256(password + salt + password).digest()
    start = hashlib.sha256(password + salt + _stretch(alternate, size))
    bits = size
    while bits:
        start.update(alternate if bits & 1 else password)
        bits >>= 1
    digest = start.digest()
    secret = _stretch(hashlib.sha256(password * size).digest(), size)
    salting = _stretch(hashlib.sha256(salt * (16 + digest[0])).digest(), len(salt))
    for number in range(rounds):
        odd = number & 1
        step = hashlib.sha256(secret if odd else digest)
        if number % 3:
            step.update(salting)
        if number % 7:
            step.update(secret)
        step.update(digest if odd else secret)
        digest = step.digest()
    return _encode(digest)


def _stretch(block: bytes, size: int) -> bytes:
    return (block * (size // len(block) + 1))[:size]


_ALPHABET = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _encode(digest: bytes) -> bytes:
    """The 32 bytes in crypt(3)'s order and alphabet; 43 characters."""
    order = [(first % 30, (first + 10) % 30, (first + 20) % 30) for first in range(0, 210, 21)]
    encoded = bytearray()
    for group in order:
        number = int.from_bytes(bytes(digest[place] for place in group), "big")
        encoded += _characters(number, 4)
    return bytes(encoded + _characters(digest[31] << 8 | digest[30], 3))


def _characters(number: int, count: int) -> bytes:
    return bytes(_ALPHABET[number >> 6 * place & 63] for place in range(count))
