"""The ``age-diffable`` form of ``secrets.cfg``: an INI file with each value encrypted by itself.

Sections, keys and comments can be read, ``[batou]`` is clear text, every other
value is the base64 of an age file. What did not change keeps its ciphertext, so
a diff shows what did.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from batou.errors import Location
from batou.secrets.config import OWN_SECTION, line_numbers, parse, set_value, value_of
from batou.secrets.errors import DamagedSecret


def decrypt(ciphertext: str, open_value: Callable[[bytes], bytes], shown: str) -> str:
    """The clear text of *ciphertext*; *open_value* decrypts one value.

    Raises InvalidFile and DamagedSecret, and what *open_value* raises.
    """
    config = parse(ciphertext, shown)
    for section, key, option in _encrypted(config):
        with naming(config, section, key, shown):
            content = open_value(_decoded(option))
            set_value(option, content.decode("utf-8"))
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
    config = parse(ciphertext, shown)
    for section, key, option in _encrypted(config):
        with naming(config, section, key, shown):
            content = _decoded(option)
        yield content


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


def _decoded(option: Any) -> bytes:
    return base64.b64decode("".join(value_of(option).split()), validate=True)


@contextmanager
def naming(config: Any, section: str, key: str, shown: str) -> Iterator[None]:
    """What is wrong with a value becomes a DamagedSecret with its name and its line."""
    try:
        yield
    except (binascii.Error, UnicodeDecodeError, DamagedSecret) as error:
        problem = "is no base64, is it clear text?"
        if not isinstance(error, binascii.Error):
            problem = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "is damaged"
        raise DamagedSecret(
            f"the value of [{section}] {key} in {shown!r} {problem}",
            Location(shown, line_numbers(config)[section, key]),
            advice="a merge may have damaged it: restore the line, or set the value again",
        ) from None
