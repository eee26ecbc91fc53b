"""Encrypt and decrypt with the ``gpg`` command."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from batou.errors import GPGCallError
from batou.secrets.errors import MemberError, SecretsError

COMMANDS = ("gpg", "gpg2")


def gpg_command() -> str:
    """The first of `COMMANDS` that is there; raises SecretsError."""
    for name in COMMANDS:
        if shutil.which(name):
            return name
    raise SecretsError(
        f"secrets.cfg.gpg needs GnuPG, and none of {', '.join(COMMANDS)} is installed",
        advice="install gnupg from your distribution",
    )


def decrypt(path: Path) -> bytes:
    """The content of *path*; gpg asks for a passphrase itself. Raises GPGCallError."""
    return _run([gpg_command(), "--decrypt", str(path.absolute())])


def encrypt(plaintext: bytes, members: Sequence[str]) -> bytes:
    """*plaintext* for *members*; gpg may ask whether it should trust a key.

    Raises MemberError if there are none, GPGCallError if gpg fails.
    """
    if not members:
        raise MemberError(
            "nobody could read these secrets: there are no members",
            advice="add your GPG key to members in the section [batou]",
        )
    options = [word for member in members for word in ("--recipient", member)]
    return _run([gpg_command(), "--encrypt", *options], plaintext)


def _run(command: Sequence[str], content: bytes | None = None) -> bytes:
    """The output of gpg, which may talk to the person on the terminal."""
    done = subprocess.run(
        list(command),
        input=content,
        capture_output=True,
        env={**os.environ, **_terminal()},
    )
    if done.returncode:
        raise GPGCallError(command, done.returncode, done.stderr)
    return done.stdout


def _terminal() -> dict[str, str]:
    """Where a pinentry without a window finds the person."""
    try:
        return {} if "GPG_TTY" in os.environ else {"GPG_TTY": os.ttyname(sys.stdin.fileno())}
    except (OSError, ValueError):  # there is no terminal, or stdin is no file
        return {}


def is_encrypted_for(path: Path, members: Sequence[str]) -> bool:
    """Whether *path* has exactly *members* as recipients; False if that cannot be told."""
    actual = key_ids_of_file(path)
    wanted = [key_ids_of_member(member) for member in members]
    known = {key for keys in wanted for key in keys}
    return bool(actual) and actual <= known and all(keys & actual for keys in wanted)


def key_ids_of_file(path: Path) -> set[str]:
    """The ids of the keys that can open *path*; nothing is decrypted."""
    command = [gpg_command(), "--batch", "--quiet", "--status-fd", "1", "--list-only", "--decrypt"]
    fields = [line.split() for line in _lines([*command, str(path.absolute())])]
    return {line[2] for line in fields if line[:2] == ["[GNUPG:]", "ENC_TO"] and len(line) > 2}


def key_ids_of_member(member: str) -> set[str]:
    """The ids of the keys and subkeys that *member* can be encrypted for."""
    lines = _lines([gpg_command(), "--batch", "--with-colons", "--list-keys", "--", member])
    records = [line.split(":") for line in lines]
    return {
        record[4]
        for record in records
        if record[0] in ("pub", "sub") and len(record) > 11  # doc/DETAILS of GnuPG names the fields
        if "e" in record[11] and record[1] not in ("r", "e", "i", "d", "n")
    }


def _lines(command: Sequence[str]) -> list[str]:
    done = subprocess.run(
        list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return done.stdout.decode("utf-8", "replace").splitlines()


def owner_of(key_id: str) -> str:
    """The first name on a key; empty if gpg does not have it."""
    lines = _lines([gpg_command(), "--batch", "--with-colons", "--list-keys", "--", key_id])
    names = [line.split(":")[9] for line in lines if line.startswith("uid:")]
    return names[0].replace("\\x3a", ":") if names else ""
