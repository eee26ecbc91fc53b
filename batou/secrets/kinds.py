"""The providers: GnuPG, age, and age with a file that can be compared."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from batou.errors import Location
from batou.report import output
from batou.secrets import age, agefile, diffable, gpg
from batou.secrets.config import SecretConfig
from batou.secrets.errors import DamagedSecret, MemberError, is_text
from batou.secrets.provider import Sealer, SecretProvider
from batou.secrets.recipients import KeyLock, Resolver

KEYS = "age_keys.txt"


class GPGSecretProvider(SecretProvider):
    """``secrets.cfg.gpg`` and ``secret-*.gpg``; members are what gpg finds keys by."""

    kind = "gpg"
    file_suffix = ".gpg"

    def decrypt_config(self, path: Path) -> str:
        return as_text(self.read_file(path), self.shown(path))

    def read_file(self, path: Path) -> bytes:
        content = path.read_bytes()
        if is_text(content):
            raise DamagedSecret.of(self.shown(path), "", content)
        return gpg.decrypt(path)

    def sealer(self, config: SecretConfig) -> Sealer:
        return GPGSealer(self, members_of(config))


class GPGSealer(Sealer):
    """Encrypts with gpg for *members*."""

    def __init__(self, provider: GPGSecretProvider, members: Sequence[str]) -> None:
        self._provider = provider
        self._members = members

    def config(self, text: str, previous: tuple[str, bytes] | None) -> bytes:
        return self.file(text.encode())

    def file(self, plaintext: bytes) -> bytes:
        return gpg.encrypt(plaintext, self._members)

    def are_recipients_new(self) -> bool:
        paths = self._provider.paths()
        return not all(gpg.is_encrypted_for(path, self._members) for path in paths)


class AgeSecretProvider(SecretProvider):
    """``secrets.cfg.age`` and ``secret-*.age``, with the keys in ``age_keys.txt``."""

    kind = "age"
    file_suffix = ".age"

    @property
    def keys_path(self) -> Path:
        """The lock of the recipients."""
        return self.directory / KEYS

    def beside(self) -> tuple[Path, ...]:
        return (self.keys_path,)

    @cached_property
    def lock(self) -> KeyLock:
        """The recipients for whom the secrets were written."""
        try:
            return KeyLock.parse(as_text(self.keys_path.read_bytes(), self.shown(self.keys_path)))
        except FileNotFoundError:
            return KeyLock()

    def open(self, ciphertext: bytes, path: Path) -> bytes:
        """The content of an age file; *path* is what errors name."""
        recipients = [age.shortened(key) for key in self.lock.keys]
        return self.keyring.decrypt(ciphertext, self.shown(path), recipients)

    def decrypt_config(self, path: Path) -> str:
        return as_text(self.read_file(path), self.shown(path))

    def read_file(self, path: Path) -> bytes:
        return self.open(path.read_bytes(), path)

    def headers(self) -> Iterator[tuple[Path, bytes]]:
        """Every age file there is, and the path it lies in."""
        for path in self.paths():
            yield path, path.read_bytes()

    def sealer(self, config: SecretConfig) -> "AgeSealer":
        resolver = Resolver(self.project, self.fetch, output.warn)
        return AgeSealer(
            self, resolver.resolve(members_of(config), self.lock, config.members_place())
        )


class AgeSealer(Sealer):
    """Encrypts for the keys of *recipients*."""

    def __init__(self, provider: AgeSecretProvider, recipients: KeyLock) -> None:
        self._provider = provider
        self.recipients = recipients

    def config(self, text: str, previous: tuple[str, bytes] | None) -> bytes:
        return self.file(text.encode())

    def file(self, plaintext: bytes) -> bytes:
        return age.encrypt(plaintext, self.recipients.keys)

    def are_recipients_new(self) -> bool:
        if not self.recipients.has_same_keys(self._provider.lock):
            return True
        return any(differing(self._provider, self.recipients))

    def lock(self) -> Mapping[Path, bytes]:
        content = str(self.recipients).encode()
        path = self._provider.keys_path
        if path.is_file() and path.read_bytes() == content:
            return {}
        return {path: content}


def differing(provider: AgeSecretProvider, lock: KeyLock) -> Iterator[Path]:
    """Files that are encrypted for others than the keys in *lock*, as far as one can see."""
    for path, content in provider.headers():
        try:
            if not agefile.is_encrypted_for(content, lock.keys):
                yield path
        except agefile.NotAnAgeFile as error:
            raise DamagedSecret.of(provider.shown(path), str(error), content) from None


class AgeDiffableSecretProvider(AgeSecretProvider):
    """``secrets.cfg.age-diffable``, whose values are encrypted one by one, and ``secret-*.age``."""

    kind = "age-diffable"

    def decrypt_config(self, path: Path) -> str:
        shown = self.shown(path)
        ciphertext = as_text(path.read_bytes(), shown)
        return diffable.decrypt(ciphertext, lambda value: self.open(value, path), shown)

    def headers(self) -> Iterator[tuple[Path, bytes]]:
        shown = self.shown(self.config_path)
        for value in diffable.encrypted_values(
            as_text(self.config_path.read_bytes(), shown), shown
        ):
            yield self.config_path, value
        for path in self.files().values():
            yield path, path.read_bytes()

    def sealer(self, config: SecretConfig) -> "AgeDiffableSealer":
        return AgeDiffableSealer(self, super().sealer(config).recipients)


class AgeDiffableSealer(AgeSealer):
    """Encrypts each value for the keys of *recipients*."""

    def config(self, text: str, previous: tuple[str, bytes] | None) -> bytes:
        shown = self._provider.shown(self._provider.config_path)
        before = (previous[0], previous[1].decode()) if previous else None
        return diffable.encrypt(text, self.file, shown, before).encode()


def as_text(content: bytes, shown: str) -> str:
    """*content* as UTF-8; raises DamagedSecret."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedSecret(
            f"{shown!r} is not UTF-8: {error.reason}",
            Location(shown),
            advice="save the text as UTF-8, or restore the file from the repository",
        ) from None


def members_of(config: SecretConfig) -> list[str]:
    """The members of *config*; raises MemberError if there are none."""
    if not config.members:
        raise MemberError(
            "nobody could read these secrets: there are no members",
            config.members_place(),
            advice="add yourself to members in the section [batou]",
        )
    return config.members
