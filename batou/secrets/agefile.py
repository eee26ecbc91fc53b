"""What an age file says without being opened: whom it is encrypted for.

The format is that of https://age-encryption.org/v1: a text header with a
stanza per recipient, then the payload. SSH recipients leave four bytes of a
hash of their public key, others nothing.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

INTRO = b"age-encryption.org/v1"
ARMOR_BEGIN = b"-----BEGIN AGE ENCRYPTED FILE-----"
ARMOR_END = b"-----END AGE ENCRYPTED FILE-----"

SSH_KINDS = ("ssh-ed25519", "ssh-rsa")
"""Kinds of SSH keys that age can encrypt for."""


class NotAnAgeFile(ValueError):
    """The content is not what age writes."""


@dataclass(frozen=True)
class Stanza:
    """The kind of a recipient and, for SSH keys, which one."""

    kind: str
    tag: str = ""


def stanzas(content: bytes) -> list[Stanza]:
    """The recipients in the header of *content*; raises NotAnAgeFile."""
    lines = iter(_unarmored(content).split(b"\n"))
    if next(lines) != INTRO:
        raise NotAnAgeFile("it does not begin like an age file")
    found: list[Stanza] = []
    for line in lines:
        if line.startswith(b"---"):
            return found
        if line.startswith(b"-> "):
            kind, *arguments = line[3:].decode("ascii", "replace").split(" ")
            tag = arguments[0] if arguments and kind in SSH_KINDS else ""
            found.append(Stanza(kind, tag))
    raise NotAnAgeFile("its header is cut off")


NONCE, TAG, CHUNK = 16, 16, 64 * 1024


def clear_size(content: bytes) -> int:
    """Bytes of the clear text, which the payload does not hide; raises NotAnAgeFile.

    After the header come a nonce, and chunks of 64 KiB with a tag each.
    """
    header, mark, rest = _unarmored(content).partition(b"\n--- ")
    if not mark or not header.startswith(INTRO):
        raise NotAnAgeFile("it has no header")
    payload = len(rest.partition(b"\n")[2]) - NONCE
    if payload < TAG:
        raise NotAnAgeFile("its payload is cut off")
    return payload - TAG * -(-payload // (CHUNK + TAG))


def _unarmored(content: bytes) -> bytes:
    text = content.strip()
    if not text.startswith(ARMOR_BEGIN):
        return content
    body = text.removeprefix(ARMOR_BEGIN).removesuffix(ARMOR_END)
    try:
        return base64.b64decode(body)
    except binascii.Error as error:
        raise NotAnAgeFile(f"its armor is damaged: {error}") from None


def stanza_for(recipient: str) -> Stanza | None:
    """What *recipient* leaves in a header; None if that depends on a plugin.

    >>> stanza_for("age1ppdat9qqt32q8jljsf635fgpvk4synp6h29rku6p39pgak5h3cjq6dymt5")
    Stanza(kind='X25519', tag='')
    """
    kind, _, rest = recipient.partition(" ")
    if kind in SSH_KINDS:
        try:
            return Stanza(kind, ssh_tag(base64.b64decode(rest.split()[0], validate=True)))
        except (binascii.Error, IndexError):
            return None
    # bech32 has its separator at the last "1": plugins and newer kinds have a name before it
    return Stanza("X25519") if kind.rpartition("1")[0] == "age" else None


def ssh_tag(public_key: bytes) -> str:
    """How a header names the SSH key with this wire format."""
    return base64.b64encode(hashlib.sha256(public_key).digest()[:4]).rstrip(b"=").decode()


def is_encrypted_for(content: bytes, recipients: list[str]) -> bool:
    """Whether the header of *content* has exactly *recipients*, as far as headers tell.

    Kinds that only plugins know, and the decoys that rage adds, do not count.
    """
    known = ("X25519", *SSH_KINDS)
    wanted = [stanza for key in recipients if (stanza := stanza_for(key))]
    actual = [stanza for stanza in stanzas(content) if stanza.kind in known]
    return sorted(wanted, key=repr) == sorted(actual, key=repr)
