"""Where the passphrase of an identity comes from: the environment, 1Password, the terminal."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from batou.secrets.aloud import run_aloud

VARIABLE = "BATOU_AGE_IDENTITY_PASSPHRASE"


class NoPassphrase(Exception):
    """There is no passphrase to be had; the message says why."""


def ask_on_terminal(prompt: str) -> str:
    """What a person types, unseen; raises NoPassphrase where there is no terminal."""
    from getpass import getpass

    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        raise NoPassphrase(
            f"it needs a passphrase, but there is no terminal to ask for it; set {VARIABLE}"
        ) from None
    try:
        return getpass(prompt)
    except EOFError:
        raise NoPassphrase("no passphrase was entered") from None


def read_from_1password(reference: str) -> str:
    """What 1Password's ``op`` knows under *reference*; raises NoPassphrase."""
    try:
        done = run_aloud(["op", "read", "--no-newline", reference], unless=("[ERROR]",))
    except OSError as error:
        raise NoPassphrase(f"cannot run 1Password's op: {error.strerror}") from None
    if done.returncode:
        raise NoPassphrase(f"op read {reference} failed: {done.message or done.returncode}")
    return done.stdout.decode("utf-8").removesuffix("\n")


class Passphrases:
    """The passphrases of this process; each is found out once.

    *ask* is called with a prompt where *environ* does not say.
    """

    def __init__(
        self, environ: Mapping[str, str], ask: Callable[[str], str] = ask_on_terminal
    ) -> None:
        self._given = environ.get(VARIABLE)
        self._ask = ask
        self._resolved: str | None = None

    @property
    def are_typed(self) -> bool:
        """Whether a person types them, and may try again."""
        return self._given is None

    def of(self, identity: Path) -> str:
        """The passphrase of *identity*; raises NoPassphrase."""
        if self._given is None:
            return self._ask(f"Passphrase of {identity}: ")
        if self._resolved is None:
            is_reference = self._given.startswith("op://")
            self._resolved = read_from_1password(self._given) if is_reference else self._given
        return self._resolved
