import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from batou.errors import AgeCallError
from batou.secrets import age, agecommand
from batou.secrets.errors import DamagedSecret, MemberError, SecretsError, UnreadableSecret

TEXT = "päss\n".encode()


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_ssh_keys_open_what_is_encrypted_for_them(keys: Any, ring: Any, kind: str) -> None:
    key = keys.ssh(kind)

    content = age.encrypt(TEXT, [keys.ssh("ed25519", "other").public, key.public])

    assert ring(key).decrypt(content, "x.age") == TEXT


def test_age_keys_open_what_is_encrypted_for_them(keys: Any, ring: Any) -> None:
    content = age.encrypt(TEXT, [keys.age().public])

    assert ring(keys.age()).decrypt(content, "x.age") == TEXT


def test_nobody_is_no_recipient() -> None:
    with pytest.raises(MemberError, match="nobody could read"):
        age.encrypt(TEXT, [])


@pytest.mark.parametrize("recipient", ["ssh-ed25519 AAAA me", "age1qqq"])
def test_a_damaged_key_is_named(recipient: str) -> None:
    with pytest.raises(MemberError) as caught:
        age.encrypt(TEXT, [recipient])

    assert recipient.split()[0] in str(caught.value)


@pytest.mark.needs("age")
@pytest.mark.parametrize("armor", [[], ["--armor"]])
def test_what_the_age_command_writes_opens(
    keys: Any, ring: Any, tmp_path: Path, armor: list[str]
) -> None:
    for key in (keys.ssh(), keys.ssh("rsa"), keys.age()):
        written = subprocess.run(
            ["age", "-e", *armor, "-r", key.public], input=TEXT, capture_output=True, check=True
        ).stdout

        assert ring(key).decrypt(written, "x.age") == TEXT


@pytest.mark.needs("age")
def test_the_age_command_opens_what_we_write(keys: Any, tmp_path: Path) -> None:
    all_keys = [keys.ssh(), keys.ssh("rsa"), keys.age()]
    path = tmp_path / "x.age"
    path.write_bytes(age.encrypt(TEXT, [key.public for key in all_keys]))

    for key in all_keys:
        command = ["age", "-d", "-i", str(key.path), str(path)]
        assert subprocess.run(command, capture_output=True, check=True).stdout == TEXT


class TestUnreadable:
    def test_the_error_names_file_identities_reasons_and_recipients(
        self, keys: Any, ring: Any, tmp_path: Path
    ) -> None:
        content = age.encrypt(TEXT, [keys.ssh("ed25519", "other").public])
        missing = type(keys.ssh())(tmp_path / "nothing", "")
        ring = ring(keys.ssh(), keys.ssh("ecdsa"), missing, keys.age())

        with pytest.raises(UnreadableSecret) as caught:
            ring.decrypt(content, "environments/prod/secrets.cfg.age", ["ssh-ed25519 …abc other"])

        rows = dict(caught.value.all_rows())
        assert rows["Where"] == "environments/prod/secrets.cfg.age"
        assert rows["Recipients"] == "ssh-ed25519 …abc other"
        assert rows["Tried"].splitlines() == [
            f"{keys.ssh().path}: its key is not among the recipients",
            f"{keys.ssh('ecdsa').path}: age cannot use ecdsa-sha2-nistp256 keys",
            f"{tmp_path / 'nothing'}: No such file or directory",
            f"{keys.age().path}: its key is not among the recipients",
        ]
        assert "BATOU_AGE_IDENTITIES" in (caught.value.hint() or "")

    def test_without_identities_the_error_says_so(self, keys: Any, ring: Any) -> None:
        content = age.encrypt(TEXT, [keys.ssh().public])

        with pytest.raises(UnreadableSecret) as caught:
            ring().decrypt(content, "x.age")

        assert "no identity" in dict(caught.value.rows())["Tried"]

    @pytest.mark.parametrize(
        "content", [b"\x84\x00binary", b"age-encryption.org/v1\n-> X25519 abc\n", b"\xffx"]
    )
    def test_what_is_no_age_file_is_damaged(self, keys: Any, ring: Any, content: bytes) -> None:
        with pytest.raises(DamagedSecret, match=r"'x\.age' is damaged") as caught:
            ring(keys.ssh()).decrypt(content, "x.age")

        assert str(caught.value.location) == "x.age"
        assert "restore it" in (caught.value.hint() or "")

    def test_clear_text_is_recognised_and_not_shown(self, keys: Any, ring: Any) -> None:
        with pytest.raises(DamagedSecret, match=r"'x\.age' is not encrypted") as caught:
            ring(keys.ssh()).decrypt(b"[app]\npassword = geheim\n", "x.age")

        assert "secrets edit" in (caught.value.hint() or "")
        assert "geheim" not in str(caught.value.failure())

    def test_a_cut_off_file_is_damaged(self, keys: Any, ring: Any) -> None:
        content = age.encrypt(TEXT, [keys.ssh().public])[:-3]

        with pytest.raises(DamagedSecret, match=r"'x\.age' is damaged: "):
            ring(keys.age(), keys.ssh()).decrypt(content, "x.age")

    def test_a_key_list_that_is_no_text_is_damaged(
        self, project: Any, keys: Any, ring: Any
    ) -> None:
        project.environment()
        text = f"[batou]\nmembers = {keys.age().public}\n"
        project.secrets(text, ring(keys.age()))
        path = project.directory / "environments/prod/age_keys.txt"
        path.write_bytes(b"\xff\xfe")

        with pytest.raises(DamagedSecret, match=r"age_keys\.txt' is not UTF-8"):
            project.provider(ring(keys.age())).read()


PLUGIN = '''#!/usr/bin/env python3
"""An age plugin whose key is no secret: it hands the file key over in the stanza's body.

See https://c2sp.org/age-plugin for the protocol.
"""
import base64, sys

def read():
    """The next command: its words, and its body."""
    words = sys.stdin.readline().split()[1:]
    body = ""
    while True:
        line = sys.stdin.readline().rstrip("\\n")
        body += line
        if len(line) < 64:
            break
    return words, base64.b64decode(body + "=" * (-len(body) % 4))

def write(words, body=b""):
    encoded = base64.b64encode(body).decode().rstrip("=")
    lines = [encoded[i:i + 64] for i in range(0, len(encoded) + 1, 64)]
    sys.stdout.write("-> " + " ".join(words) + "\\n" + "\\n".join(lines) + "\\n")
    sys.stdout.flush()

state = next(word for word in sys.argv if word.startswith("--age-plugin=")).split("=")[1]
received = []
while True:
    words, body = read()
    if words[0] == "done":
        break
    received.append((words, body))
if state == "recipient-v1":
    for index, (words, body) in enumerate(w for w in received if w[0][0] == "wrap-file-key"):
        write(["recipient-stanza", str(index), "open"], body)
        read()
else:
    for words, body in received:
        if words[0] == "recipient-stanza" and words[2] == "open":
            write(["file-key", words[1]], body)
            read()
write(["done"])
'''


@pytest.fixture
def plugin(script: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The identity and the recipient of an age plugin called ``open``."""
    path = Path(script("", "age-plugin-open"))
    path.write_text(PLUGIN)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")
    identity = tmp_path / "plugin-identity"
    identity.write_text(bech32("age-plugin-open-", b"").upper() + "\n")
    return type("Plugin", (), {"path": identity, "public": bech32("age1open", b"")})


def bech32(prefix: str, data: bytes) -> str:
    """*data* in bech32, as of BIP 173."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{byte:08b}" for byte in data)
    values = [int(bits[i : i + 5].ljust(5, "0"), 2) for i in range(0, len(bits), 5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for value in [*expanded, *values, 0, 0, 0, 0, 0, 0]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for i, constant in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
            check ^= constant if top >> i & 1 else 0
    check ^= 1
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(alphabet[value] for value in values)


@pytest.mark.needs("age")
class TestCommand:
    def test_plugin_recipients_and_identities_go_through_the_command(
        self, keys: Any, ring: Any, plugin: Any
    ) -> None:
        content = age.encrypt(TEXT, [keys.ssh().public, plugin.public])

        assert ring(plugin).decrypt(content, "x.age") == TEXT
        assert ring(keys.ssh()).decrypt(content, "x.age") == TEXT

    def test_a_missing_plugin_is_told(self, keys: Any) -> None:
        with pytest.raises(AgeCallError, match="age failed") as caught:
            age.encrypt(TEXT, [keys.ssh().public, bech32("age1nowhere", b"")])

        assert "age-plugin-nowhere" in caught.value.output

    def test_a_locked_key_is_opened_by_typing_its_passphrase(self, keys: Any, ring: Any) -> None:
        key = keys.locked()
        content = age.encrypt(TEXT, [key.public])

        assert agecommand.decrypt_answering(content, key.path, keys.passphrase) == TEXT

    def test_a_wrong_passphrase_is_an_error(self, keys: Any, ring: Any) -> None:
        key = keys.locked()
        content = age.encrypt(TEXT, [key.public])

        with pytest.raises(AgeCallError) as caught:
            agecommand.decrypt_answering(content, key.path, "wrong")

        assert "password incorrect" in agecommand.reason(caught.value)


def test_without_the_command_a_plugin_recipient_is_an_error(
    keys: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    public = keys.ssh().public
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SecretsError, match="needs the 'age' command"):
        age.encrypt(TEXT, [public, bech32("age1nowhere", b"")])
