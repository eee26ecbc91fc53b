"""SSH private keys: whose they are, whether they are locked, and unlocking them in memory."""

import base64
import binascii
import os
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

from batou.secrets.prompting import run_answering

_BEGIN_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_END_OPENSSH = b"-----END OPENSSH PRIVATE KEY-----"
_MAGIC = b"openssh-key-v1\0"


class WrongPassphrase(Exception):
    """The passphrase does not unlock the key."""


@dataclass(frozen=True)
class KeyFacts:
    """What a private key shows while it is locked; *public* is the wire format, if it is known."""

    is_locked: bool
    public: bytes | None = None

    @property
    def kind(self) -> str | None:
        """The kind of the key, such as ``ssh-ed25519``."""
        return _string(self.public)[0].decode("ascii", "replace") if self.public else None


def key_facts(private: bytes, path: Path) -> KeyFacts:
    """What is known about the key *private* from *path*, maybe from ``.pub`` beside it.

    Raises ValueError if it is damaged.
    """
    if private.lstrip().startswith(_BEGIN_OPENSSH):
        return _openssh_facts(private)
    is_locked = b"ENCRYPTED" in private
    return KeyFacts(is_locked, _public_beside(path))


def _openssh_facts(private: bytes) -> KeyFacts:
    body = private.strip().removeprefix(_BEGIN_OPENSSH).removesuffix(_END_OPENSSH)
    try:
        content = base64.b64decode(body)
        if not content.startswith(_MAGIC):
            raise ValueError("it is no OpenSSH key")
        cipher, rest = _string(content[len(_MAGIC) :])
        _, rest = _string(rest)
        _, rest = _string(rest)
        public, _ = _string(rest[4:])
    except (binascii.Error, struct.error) as error:
        raise ValueError(f"the key is damaged: {error}") from None
    return KeyFacts(cipher != b"none", public)


def _string(content: bytes) -> tuple[bytes, bytes]:
    """The first string of SSH's wire format, and what follows it."""
    (length,) = struct.unpack(">I", content[:4])
    return content[4 : 4 + length], content[4 + length :]


def _public_beside(path: Path) -> bytes | None:
    try:
        return base64.b64decode(path.with_name(path.name + ".pub").read_bytes().split()[1])
    except (OSError, IndexError, binascii.Error):
        return None


def can_unlock_in_memory() -> bool:
    """Whether `unlocked` works here."""
    return hasattr(os, "memfd_create") and shutil.which("ssh-keygen") is not None


def unlocked(private: bytes, passphrase: str) -> bytes:
    """*private* without its passphrase; raises WrongPassphrase.

    ``ssh-keygen`` does it on a file that exists in memory only and that ends
    with this process, however that ends.
    """
    descriptor = os.memfd_create("identity")
    try:
        os.fchmod(descriptor, 0o600)
        os.write(descriptor, private)
        command = ["ssh-keygen", "-p", "-N", "", "-f", f"/proc/self/fd/{descriptor}"]
        done = run_answering(command, passphrase, pass_fds=[descriptor])
        if done.refused or done.returncode:
            raise WrongPassphrase(done.message)
        size = os.fstat(descriptor).st_size
        return os.pread(descriptor, size, 0)
    finally:
        os.close(descriptor)
