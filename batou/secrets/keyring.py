"""`Keyring`: the identities of whoever runs batou."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from batou.secrets.agefile import NotAnAgeFile, stanzas
from batou.secrets.errors import DamagedSecret, UnreadableSecret
from batou.secrets.identities import CannotOpen, Damaged, Identity, load_identity
from batou.secrets.passphrases import Passphrases

VARIABLE = "BATOU_AGE_IDENTITIES"
USUAL = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "id_dsa")
"""Names in ``~/.ssh`` that are tried unless `VARIABLE` names files."""


class Keyring:
    """Opens age files with the first identity that can; each is unlocked once."""

    def __init__(self, paths: Sequence[Path], passphrases: Passphrases) -> None:
        self.paths = tuple(paths)
        self._passphrases = passphrases
        self._identities: list[Identity] | None = None

    @classmethod
    def of_user(cls, environ: Mapping[str, str] = os.environ) -> "Keyring":
        """What `VARIABLE` names, else the usual files that exist."""
        named = [part.strip() for part in environ.get(VARIABLE, "").split(",") if part.strip()]
        usual = [Path("~/.ssh", name).expanduser() for name in USUAL]
        paths = [Path(part).expanduser() for part in named] or [p for p in usual if p.exists()]
        return cls(paths, Passphrases(environ))

    @property
    def identities(self) -> list[Identity]:
        """All identities; first those that can be tried without asking anybody."""
        if self._identities is None:
            self._identities = [load_identity(path, self._passphrases) for path in self.paths]
        return sorted(self._identities, key=lambda identity: not identity.is_ready)

    def decrypt(self, ciphertext: bytes, shown: str, recipients: Sequence[str] = ()) -> bytes:
        """What *ciphertext* holds; errors name it *shown*, and its *recipients*.

        Raises UnreadableSecret and DamagedSecret.
        """
        try:
            header = stanzas(ciphertext)
        except NotAnAgeFile as error:
            raise DamagedSecret.of(shown, str(error), ciphertext) from None
        attempts, damage = [], ""
        for identity in self.identities:
            try:
                return identity.decrypt(ciphertext, header)
            except CannotOpen as error:
                attempts.append((str(identity.path), str(error)))
                damage = str(error) if isinstance(error, Damaged) else damage
        if damage:
            raise DamagedSecret.of(shown, damage)
        raise UnreadableSecret.after(shown, attempts, recipients)
