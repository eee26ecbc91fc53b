"""`batou.lib.mysqlauth`."""

import pytest

from batou.lib.mysqlauth import is_password, native_digest, sha256_crypt

# The example of hashcat's mode 7401, which is what MySQL 8 stores.
CACHING = bytes.fromhex(
    "24412430303524F9CC98CE08892924F50A213B6BC571A2C11778C5"
    "625479393559393965414D45316477456B484F41316E64484742577A2E3162785353526B7554584647562F"
)


def test_native_digest_is_that_of_the_server() -> None:
    assert is_password(
        "mariadb", "mysql_native_password", b"*54958E764CE10E50764C2EECBB71D01F08549980"
    )


def test_old_servers_name_no_plugin() -> None:
    assert is_password("x", "", native_digest(b"x"))


@pytest.mark.parametrize("password, agrees", [("hashcat", True), ("hashcaT", False), ("", False)])
def test_caching_sha2_of_mysql_8_is_compared(password: str, agrees: bool) -> None:
    assert is_password(password, "caching_sha2_password", CACHING) is agrees


def test_sha256_password_is_compared() -> None:
    salt = b"with $ and 20 chars!"
    stored = b"$5$" + salt + b"$" + sha256_crypt(b"secret", salt, 5000)

    assert is_password("secret", "sha256_password", stored) is True
    assert is_password("other", "sha256_password", stored) is False


@pytest.mark.parametrize(
    "password, salt, rounds, digest",
    [  # made by crypt(3) of glibc
        (b"x", b"abc", 5000, b"sCOGUciM.GdmYMCUvmUcgu03oRH87O0clF96.9mwWGB"),
        (b"Hello world!" * 9, b"saltstring", 1234, b"hU4SeBJz6r4vl3wT8YBzQgE30d47eqmvyBWAqC9twz6"),
        (b"", b"zz", 1000, b"cykoyRHruL5HAfsEPTu.x79OhIvlRwWKWP4yCknQb8D"),
    ],
)
def test_sha256_crypt_is_that_of_the_c_library(
    password: bytes, salt: bytes, rounds: int, digest: bytes
) -> None:
    assert sha256_crypt(password, salt, rounds) == digest


@pytest.mark.parametrize("plugin", ["mysql_native_password", "caching_sha2_password", ""])
def test_account_without_password_is_compared(plugin: str) -> None:
    assert is_password("", plugin, b"") is True
    assert is_password("x", plugin, b"") is False


@pytest.mark.parametrize(
    "plugin, stored",
    [
        ("ed25519", b"ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY"),
        ("unix_socket", b""),
        ("caching_sha2_password", b"$B$005$something new"),
    ],
)
def test_what_cannot_be_compared_is_said(plugin: str, stored: bytes) -> None:
    assert is_password("x", plugin, stored) is None
