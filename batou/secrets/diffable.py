"""The ``age-diffable`` form of ``secrets.cfg``: an INI file with each value encrypted by itself.

Sections, keys and comments can be read, ``[batou]`` is clear text, every other
value is the base64 of an age file. What did not change keeps its ciphertext, so
a diff shows what did.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any

from batou.errors import Location
from batou.secrets.config import OWN_SECTION, parse, set_value, value_of
from batou.secrets.errors import DamagedSecret


def decrypt(ciphertext: str, open_value: Callable[[bytes], bytes], shown: str) -> str:
    """The clear text of *ciphertext*; *open_value* decrypts one value.

    Raises InvalidFile and DamagedSecret, and what *open_value* raises.
    """
    config = parse(ciphertext, shown)
    for section, key, option in _encrypted(config):
        name = f"[{section}] {key}"
        content = open_value(_decoded(option, name, shown))
        try:
            set_value(option, content.decode("utf-8"))
        except UnicodeDecodeError:
            raise DamagedSecret(f"the value of {name} in {shown!r} is not UTF-8") from None
    return str(config)


def encrypt(
    plaintext: str,
    seal_value: Callable[[bytes], bytes],
    shown: str,
    previous: tuple[str, str] | None = None,
) -> str:
    """*plaintext* with every value encrypted by *seal_value*.

    *previous* is (plaintext, ciphertext) of before: what has the same value there
    keeps its ciphertext. Raises InvalidFile.
    """
    config = parse(plaintext, shown)
    before = _sealed_before(*previous, shown) if previous else {}
    for section, key, option in _encrypted(config):
        value = value_of(option)
        sealed = before.get((section, key, value))
        option.value = sealed or base64.b64encode(seal_value(value.encode())).decode()
    return str(config)


def encrypted_values(ciphertext: str, shown: str) -> Iterator[bytes]:
    """The age file of each value."""
    for section, key, option in _encrypted(parse(ciphertext, shown)):
        yield _decoded(option, f"[{section}] {key}", shown)


def _sealed_before(plaintext: str, ciphertext: str, shown: str) -> dict[tuple[str, str, str], str]:
    """``{(section, key, value): ciphertext}``."""
    clear = {
        (name, key): value_of(option) for name, key, option in _encrypted(parse(plaintext, shown))
    }
    return {
        (section, key, clear[section, key]): "".join(value_of(option).split())
        for section, key, option in _encrypted(parse(ciphertext, shown))
        if (section, key) in clear
    }


def _encrypted(config: Any) -> Iterator[tuple[str, str, Any]]:
    """(section, key, option) of all that is encrypted."""
    for section in config.sections():
        if section != OWN_SECTION:
            for key, option in config[section].items():
                yield section, key, option


def _decoded(option: Any, name: str, shown: str) -> bytes:
    try:
        return base64.b64decode("".join(value_of(option).split()), validate=True)
    except binascii.Error:
        raise DamagedSecret(
            f"the value of {name} in {shown!r} is no base64",
            Location(shown),
            advice="a merge may have damaged it: restore the line, or set the value again",
        ) from None
