"""Encrypt for age recipients: in this process, or with the ``age`` command where that cannot."""

from collections.abc import Sequence
from typing import Any

from batou.errors import AgeCallError
from batou.secrets import agecommand
from batou.secrets.errors import MemberError


def encrypt(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """*plaintext* as an age file for *recipients*.

    Plugin recipients need the command. Raises MemberError if there is no
    recipient or one of them is no key, AgeCallError if age fails.
    """
    import pyrage

    if not recipients:
        raise MemberError(
            "nobody could read these secrets: there are no members",
            advice="add yourself to members in the section [batou]",
        )
    known = [library_recipient(recipient) for recipient in recipients]
    if not all(known):
        return agecommand.encrypt(plaintext, recipients)
    try:
        return bytes(pyrage.encrypt(plaintext, known))
    except pyrage.EncryptError as error:
        raise AgeCallError("pyrage.encrypt", "none", str(error)) from None


def library_recipient(recipient: str) -> Any:
    """*recipient* as the library's object; None if only a plugin knows it.

    Raises MemberError if it cannot be a key at all.
    """
    import pyrage

    if recipient.startswith("ssh-"):
        try:
            return pyrage.ssh.Recipient.from_str(recipient)
        except pyrage.RecipientError as error:
            raise MemberError(
                f"{shortened(recipient)} is no key that age can use: {error}"
            ) from None
    if recipient.rpartition("1")[0] == "age":
        try:
            return pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError as error:
            raise MemberError(f"{shortened(recipient)} is no age recipient: {error}") from None
    return None


def shortened(key: str) -> str:
    """A key as people recognise it: its kind and the end of what tells it apart.

    >>> shortened("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJyTb0sOY1tqqjyQ== me@laptop")
    'ssh-ed25519 …Y1tqqjyQ== me@laptop'
    """
    kind, _, rest = key.partition(" ")
    body, _, comment = rest.partition(" ")
    if not body:
        return key
    return " ".join(filter(None, [kind, "…" + body[-10:], comment]))
