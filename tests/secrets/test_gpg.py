import subprocess
from pathlib import Path
from typing import Any

import pytest

from batou.errors import GPGCallError
from batou.secrets import gpg
from batou.secrets.errors import MemberError, SecretsError

pytestmark = pytest.mark.needs("gpg")

TEXT = "päss\n".encode()


def written(path: Path, *members: str) -> Path:
    path.write_bytes(gpg.encrypt(TEXT, members))
    return path


def test_gpg_opens_what_was_encrypted(gnupg: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "x.gpg", "alice@example.com")

    assert gpg.decrypt(path) == TEXT


def test_the_gpg_command_opens_what_we_write_and_the_reverse(gnupg: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "x.gpg", "alice@example.com")
    other = tmp_path / "y.gpg"
    command = ["gpg", "--encrypt", "-r", "bob@example.com", "-o", str(other)]

    subprocess.run(command, input=TEXT, check=True, capture_output=True)

    opened = subprocess.run(["gpg", "--decrypt", str(path)], capture_output=True, check=True)
    assert opened.stdout == TEXT
    assert gpg.decrypt(other) == TEXT


def test_an_unknown_member_is_an_error_with_gpgs_words(gnupg: Path) -> None:
    with pytest.raises(GPGCallError) as caught:
        gpg.encrypt(TEXT, ["alice@example.com", "nobody"])

    assert "nobody" in caught.value.output
    assert "--recipient nobody" in caught.value.command


def test_a_member_is_no_option(gnupg: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"

    with pytest.raises(GPGCallError):
        gpg.encrypt(TEXT, [f"--output={target}"])

    assert not target.exists()


def test_nobody_is_no_recipient(gnupg: Path) -> None:
    with pytest.raises(MemberError, match="nobody could read"):
        gpg.encrypt(TEXT, [])


def test_without_the_key_it_does_not_open(
    gnupg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "x.gpg", "alice@example.com")
    empty = tmp_path / "g"
    empty.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(empty))

    with pytest.raises(GPGCallError) as caught:
        gpg.decrypt(path)

    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=False)
    assert "No secret key" in caught.value.output


@pytest.mark.parametrize(
    "members, is_so",
    [
        (["alice@example.com"], True),
        (["alice"], True),
        (["bob@example.com"], False),
        (["alice@example.com", "bob@example.com"], False),
        (["alice@example.com", "nobody"], False),
    ],
)
def test_recipients_are_compared_without_decrypting(
    gnupg: Path, tmp_path: Path, members: list[str], is_so: bool
) -> None:
    path = written(tmp_path / "x.gpg", "alice@example.com")

    assert gpg.is_encrypted_for(path, members) is is_so


def test_the_owner_of_a_key_has_a_name(gnupg: Path, tmp_path: Path) -> None:
    (key,) = gpg.key_ids_of_file(written(tmp_path / "x.gpg", "alice@example.com"))

    assert gpg.owner_of(key) == "alice <alice@example.com>"
    assert gpg.owner_of("0" * 16) == ""


def test_without_gpg_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SecretsError, match="needs GnuPG"):
        gpg.decrypt(tmp_path / "x.gpg")


def test_clear_text_is_recognised(project: Any, ring: Any) -> None:
    directory = project.environment()
    (directory / "secrets.cfg.gpg").write_text("[app]\npassword = geheim\n")

    with pytest.raises(SecretsError, match="is not encrypted"):
        project.provider(ring()).read()
