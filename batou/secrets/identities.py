"""Files that may open secrets: SSH keys and age identities, locked or not."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from batou.errors import AgeCallError
from batou.report import output
from batou.secrets import agecommand
from batou.secrets.agefile import ARMOR_BEGIN, INTRO, SSH_KINDS, Stanza, ssh_tag
from batou.secrets.errors import SecretsError
from batou.secrets.passphrases import NoPassphrase, Passphrases
from batou.secrets.sshkeys import WrongPassphrase, can_unlock_in_memory, key_facts, unlocked

ATTEMPTS = 3
"""How often a person may mistype a passphrase."""

NOT_A_RECIPIENT = "its key is not among the recipients"

Opener = Callable[[bytes], bytes]
"""Opens an age file; raises CannotOpen."""


class CannotOpen(Exception):
    """An identity does not open a file; the message says why."""


class Damaged(CannotOpen):
    """An identity is a recipient of a file, but its content is not as it was encrypted."""


class Identity:
    """A file that may open secrets."""

    is_ready = True
    """Whether it opens files without asking a person or starting a program."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def decrypt(self, ciphertext: bytes, header: Sequence[Stanza]) -> bytes:
        """The content of an age file with this *header*; raises CannotOpen."""
        raise NotImplementedError


class Unusable(Identity):
    """A file that opens nothing."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path)
        self._reason = reason

    def decrypt(self, ciphertext: bytes, header: Sequence[Stanza]) -> bytes:
        raise CannotOpen(self._reason)


class Open(Identity):
    """A file that needs no passphrase."""

    def __init__(self, path: Path, opener: Opener, is_ready: bool = True) -> None:
        super().__init__(path)
        self._opener = opener
        self.is_ready = is_ready

    def decrypt(self, ciphertext: bytes, header: Sequence[Stanza]) -> bytes:
        return self._opener(ciphertext)


class Locked(Identity):
    """A file that needs a passphrase: asked for once, and only if it can be of use.

    *unlock* makes an opener of a passphrase, or raises WrongPassphrase. *tag* is
    the one that an SSH key has in headers, if that is known.
    """

    is_ready = False

    def __init__(
        self,
        path: Path,
        unlock: Callable[[str], Opener],
        passphrases: Passphrases,
        kinds: Sequence[str] | None = None,
        tag: str | None = None,
    ) -> None:
        super().__init__(path)
        self._unlock = unlock
        self._passphrases = passphrases
        self._kinds = kinds
        self._tag = tag
        self._opener: Opener | None = None
        self._failure = ""

    def decrypt(self, ciphertext: bytes, header: Sequence[Stanza]) -> bytes:
        if not self._is_of_use(header):
            raise CannotOpen(NOT_A_RECIPIENT)
        if self._failure:
            raise CannotOpen(self._failure)
        if not self._opener:
            try:
                self._opener = self._with_passphrase()
            except CannotOpen as error:
                self._failure = str(error)
                raise
            self.is_ready = True
        return self._opener(ciphertext)

    def _is_of_use(self, header: Sequence[Stanza]) -> bool:
        if self._kinds is None:
            return True
        tags = {stanza.tag for stanza in header if stanza.kind in self._kinds}
        return self._tag in tags if self._tag else bool(tags)

    def _with_passphrase(self) -> Opener:
        for _ in range(ATTEMPTS if self._passphrases.are_typed else 1):
            try:
                return self._unlock(self._passphrases.of(self.path))
            except NoPassphrase as error:
                raise CannotOpen(str(error)) from None
            except WrongPassphrase:
                output.annotate(f"wrong passphrase for {self.path}", yellow=True)
        raise CannotOpen("the passphrase is wrong")


def load_identity(path: Path, passphrases: Passphrases) -> Identity:
    """The identity in *path*, whatever it is."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return Unusable(path, error.strerror or str(error))
    start = content.lstrip()
    if start.startswith((INTRO, ARMOR_BEGIN)):
        return Locked(path, partial(_unlock_age, path, content), passphrases)
    if start.startswith(b"-----BEGIN "):
        return _ssh_identity(path, content, passphrases)
    if b"AGE-" in content:
        return _age_identity(path, content.decode("utf-8", "replace"))
    if start.startswith((b"ssh-", b"age1")):
        return Unusable(path, "it is a public key, name the private one")
    return Unusable(path, "it is neither an SSH key nor an age identity")


def _ssh_identity(path: Path, private: bytes, passphrases: Passphrases) -> Identity:
    try:
        facts = key_facts(private, path)
        if facts.kind and facts.kind not in SSH_KINDS:
            return Unusable(path, f"age cannot use {facts.kind} keys")
        if not facts.is_locked:
            return Open(path, partial(open_with, [_ssh_key(private)]))
    except (ValueError, CannotOpen) as error:
        return Unusable(path, str(error))
    tag = ssh_tag(facts.public) if facts.public else None
    return Locked(path, partial(_unlock_ssh, path, private), passphrases, SSH_KINDS, tag)


def _unlock_ssh(path: Path, private: bytes, passphrase: str) -> Opener:
    if can_unlock_in_memory():
        return partial(open_with, [_ssh_key(unlocked(private, passphrase))])
    return partial(_with_command, path, passphrase)


def _age_identity(path: Path, text: str) -> Identity:
    keys, has_others = _age_keys(text)
    if not has_others:
        return Open(path, partial(open_with, keys))
    return Open(path, partial(_first, keys, partial(_with_command, path, None)), is_ready=False)


def _unlock_age(path: Path, content: bytes, passphrase: str) -> Opener:
    import pyrage

    try:
        text = pyrage.passphrase.decrypt(content, passphrase).decode("utf-8")
    except pyrage.DecryptError:
        raise WrongPassphrase from None
    keys, has_others = _age_keys(text)
    if not has_others:
        return partial(open_with, keys)
    return partial(_first, keys, partial(_with_command, path, passphrase))


def _ssh_key(private: bytes) -> Any:
    import pyrage

    try:
        return pyrage.ssh.Identity.from_buffer(private)
    except pyrage.IdentityError as error:
        raise CannotOpen(str(error)) from None


def _age_keys(text: str) -> tuple[list[Any], bool]:
    """The keys that the library can use, and whether there are others."""
    import pyrage

    lines = [line.strip() for line in text.splitlines()]
    keys, has_others = [], False
    for line in lines:
        if not line or line.startswith("#"):
            continue
        try:
            keys.append(pyrage.x25519.Identity.from_str(line))
        except pyrage.IdentityError:
            has_others = True
    return keys, has_others


def open_with(keys: list[Any], ciphertext: bytes) -> bytes:
    """The content of *ciphertext*, opened by the library; raises CannotOpen."""
    import pyrage

    try:
        return bytes(pyrage.decrypt(ciphertext, keys))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise CannotOpen(NOT_A_RECIPIENT) from None
        raise Damaged(str(error)) from None


def _first(keys: list[Any], otherwise: Opener, ciphertext: bytes) -> bytes:
    try:
        return open_with(keys, ciphertext)
    except CannotOpen:
        return otherwise(ciphertext)


def _with_command(path: Path, passphrase: str | None, ciphertext: bytes) -> bytes:
    try:
        if passphrase is None:
            return agecommand.decrypt(ciphertext, path)
        return agecommand.decrypt_answering(ciphertext, path, passphrase)
    except AgeCallError as error:
        raise CannotOpen(agecommand.reason(error)) from None
    except SecretsError as error:
        raise CannotOpen(str(error)) from None
