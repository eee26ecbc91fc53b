import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batou.secrets import age
from batou.secrets.agefile import (
    NotAnAgeFile,
    Stanza,
    is_encrypted_for,
    ssh_tag,
    stanza_for,
    stanzas,
)


def test_the_header_names_ssh_keys_by_a_tag(keys: Any) -> None:
    one, two, other = keys.ssh(), keys.ssh("rsa"), keys.age()

    found = stanzas(age.encrypt(b"x", [one.public, two.public, other.public]))

    wire = base64.b64decode(one.public.split()[1])
    assert Stanza("ssh-ed25519", ssh_tag(wire)) in found
    assert {stanza.kind for stanza in found} >= {"ssh-ed25519", "ssh-rsa", "X25519"}


def test_an_armored_file_is_read_as_well(keys: Any) -> None:
    import pyrage

    key = keys.ssh()
    armored = pyrage.encrypt(b"x", [pyrage.ssh.Recipient.from_str(key.public)], armored=True)

    assert stanza_for(key.public) in stanzas(armored)


@pytest.mark.parametrize(
    "content, problem",
    [
        (b"", "does not begin"),
        (b"hello", "does not begin"),
        (b"age-encryption.org/v1\n-> X25519 abc\n", "cut off"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\nabc\n-----END AGE ENCRYPTED FILE-----", "armor"),
    ],
)
def test_what_is_no_age_file_is_told(content: bytes, problem: str) -> None:
    with pytest.raises(NotAnAgeFile, match=problem):
        stanzas(content)


@given(st.binary(max_size=200))
def test_no_content_makes_reading_the_header_crash(content: bytes) -> None:
    for candidate in (content, b"age-encryption.org/v1\n" + content):
        try:
            stanzas(candidate)
        except NotAnAgeFile:
            pass


def test_recipients_are_compared_with_the_header(keys: Any) -> None:
    one, two, other = keys.ssh(), keys.ssh("rsa"), keys.age()
    content = age.encrypt(b"x", [one.public, other.public])

    assert is_encrypted_for(content, [other.public, one.public])
    assert not is_encrypted_for(content, [one.public])
    assert not is_encrypted_for(content, [one.public, two.public])
    assert not is_encrypted_for(content, [one.public, two.public, other.public])


@pytest.mark.parametrize("recipient", ["age1yubikey1abc", "age1tag1abc", "ssh-rsa", "ssh-rsa &"])
def test_what_plugins_or_nobody_knows_leaves_no_known_stanza(recipient: str) -> None:
    assert stanza_for(recipient) is None
