"""The ``age`` or ``rage`` command, for what the library cannot do: plugins and odd keys."""

from collections.abc import Sequence
from pathlib import Path

from batou.errors import AgeCallError
from batou.secrets.aloud import run_aloud
from batou.secrets.errors import SecretsError
from batou.secrets.prompting import run_answering

COMMANDS = ("age", "rage")


def age_command() -> str:
    """The first of `COMMANDS` that is there; raises SecretsError."""
    import shutil

    for name in COMMANDS:
        if shutil.which(name):
            return name
    raise SecretsError(
        f"this needs the {COMMANDS[0]!r} command, and none of {', '.join(COMMANDS)} is installed",
        advice="install age from your distribution; plugin keys also need their age-plugin-…",
    )


def encrypt(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """*plaintext* for *recipients*; raises AgeCallError."""
    options = [word for recipient in recipients for word in ("-r", recipient)]
    command = [age_command(), "-e", *options]
    return _run(command, plaintext)


def decrypt(ciphertext: bytes, identity: Path) -> bytes:
    """What *identity* reads; a plugin talks to the person directly. Raises AgeCallError."""
    return _run([age_command(), "-d", "-i", str(identity)], ciphertext)


def decrypt_answering(ciphertext: bytes, identity: Path, passphrase: str) -> bytes:
    """What the locked *identity* reads, its passphrase typed for it; raises AgeCallError."""
    command = [age_command(), "-d", "-i", str(identity)]
    done = run_answering(command, passphrase, input=ciphertext)
    if done.refused or done.returncode:
        raise AgeCallError(command, done.returncode, done.message)
    return done.stdout


def reason(error: AgeCallError) -> str:
    """What the command says went wrong, without its advice to report it.

    >>> reason(AgeCallError("age -d", 1, "age: error: no identity matched\\nage: report …"))
    'no identity matched'
    """
    lines = [line for line in error.output.splitlines() if not line.startswith("age: report")]
    return " ".join(lines).replace("age: error: ", "").strip() or f"exit code {error.exitcode}"


def _run(command: Sequence[str], content: bytes) -> bytes:
    done = run_aloud(command, content, unless=("age: error",))
    if done.returncode:
        raise AgeCallError(command, done.returncode, done.message)
    return done.stdout
