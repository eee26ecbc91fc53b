"""`SecretProvider`: the secrets of one environment, and how each kind keeps them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

from batou.environment.overrides import semantic_values
from batou.errors import Location
from batou.secrets import encryption
from batou.secrets.blob import SecretBlob
from batou.secrets.config import Knows, SecretConfig
from batou.secrets.errors import ProviderError, SecretsError
from batou.secrets.fetching import Fetch, fetch
from batou.secrets.keyring import Keyring

CONFIG = "secrets.cfg"
FILE_PREFIX = "secret-"


class SecretProvider(ABC):
    """Reads and writes the secrets in an environment's directory.

    Paths in errors are relative to *project*. *knows* tells which attributes
    components have, for keys whose case is ambiguous.
    """

    kind: ClassVar[str]
    """Its name in ``secret_provider``, and the suffix of ``secrets.cfg``."""

    file_suffix: ClassVar[str]
    """The suffix of further secret files."""

    def __init__(
        self,
        directory: Path,
        project: Path | None = None,
        keyring: Keyring | None = None,
        fetch: Fetch = fetch,
        knows: Knows | None = None,
    ) -> None:
        self.directory = directory
        self.project = project or directory.parent.parent
        self.keyring = keyring or Keyring.of_user()
        self.fetch = fetch
        self.knows = knows

    @classmethod
    def from_environment(cls, environment: Any) -> "SecretProvider":
        """The provider of an `Environment`, chosen by the suffix of its ``secrets.cfg``."""
        from batou.secrets.choosing import find_provider

        found = find_provider(Path(environment.base_dir), environment.name)
        found.knows = attributes_of(environment.components)
        return found

    def sibling(self, kind: str, place: Location | None = None) -> "SecretProvider":
        """A provider of another kind for the same environment.

        Raises ProviderError, pointing to *place*, if there is no such kind.
        """
        from batou.secrets.choosing import provider_class

        return provider_class(kind, place)(
            self.directory, self.project, self.keyring, self.fetch, self.knows
        )

    # Where things are

    @property
    def name(self) -> str:
        """The name of the environment."""
        return self.directory.name

    @property
    def config_path(self) -> Path:
        """``secrets.cfg`` with this kind's suffix."""
        return self.directory / f"{CONFIG}.{self.kind}"

    @property
    def exists(self) -> bool:
        """Whether there are secrets; an interrupted editor can leave an empty file."""
        return has_content(self.config_path)

    def file_path(self, name: str) -> Path:
        """Where the secret file *name* lies."""
        return self.directory / f"{FILE_PREFIX}{name}{self.file_suffix}"

    def files(self) -> dict[str, Path]:
        """The secret files by name; an empty one is only the lock of an editor."""
        paths = sorted(self.directory.glob(f"{FILE_PREFIX}*{self.file_suffix}"))
        return {file_name(path, self.file_suffix): path for path in paths if has_content(path)}

    def paths(self) -> list[Path]:
        """``secrets.cfg`` and all secret files."""
        return [self.config_path, *self.files().values()]

    def beside(self) -> tuple[Path, ...]:
        """Further files that this kind keeps."""
        return ()

    def shown(self, path: Path) -> str:
        """*path* for people."""
        return str(path.relative_to(self.project) if path.is_relative_to(self.project) else path)

    # Reading

    def read(self) -> SecretBlob:
        """Decrypt everything.

        Raises FileLockedError while somebody edits, UnreadableSecret or
        GPGCallError if it cannot be decrypted, InvalidFile if it is no INI file,
        and DuplicateSecretsComponentAttribute.
        """
        if not self.exists:
            raise SecretsError(
                f"{self.shown(self.config_path)!r} is empty: an editor was interrupted",
                advice="delete it, or edit the secrets again",
            )
        with ExitStack() as stack:
            files = self.files()
            for path in self.paths():
                stack.enter_context(encryption.locked(path))
            config = self.config()
            contents = {name: text_or_bytes(self.read_file(path)) for name, path in files.items()}
        overrides = config.component_overrides(self.knows)
        return SecretBlob(
            overrides,
            config.host_data(),
            contents,
            semantic_values(overrides, contents),
            config.locations(self.knows),
        )

    def config(self) -> SecretConfig:
        """The decrypted ``secrets.cfg``."""
        return SecretConfig(self.read_config(), self.shown(self.config_path))

    def read_config(self) -> str:
        """The clear text of ``secrets.cfg``."""
        return self.decrypt_config(self.config_path)

    @abstractmethod
    def decrypt_config(self, path: Path) -> str:
        """The clear text of a ``secrets.cfg`` of this kind."""

    @abstractmethod
    def read_file(self, path: Path) -> bytes:
        """The content of a secret file."""

    # Writing

    @abstractmethod
    def sealer(self, config: SecretConfig) -> "Sealer":
        """Encrypts for the members of *config*, who are looked up now; raises MemberError."""


class Sealer(ABC):
    """Encrypts for a fixed set of recipients; nothing is written."""

    @abstractmethod
    def config(self, text: str, previous: tuple[str, bytes] | None) -> bytes:
        """``secrets.cfg`` encrypted; *previous* is (clear text, content) of before."""

    @abstractmethod
    def file(self, plaintext: bytes) -> bytes:
        """A secret file encrypted."""

    @abstractmethod
    def are_recipients_new(self) -> bool:
        """Whether what is on disk is encrypted for others."""

    def lock(self) -> Mapping[Path, bytes]:
        """The file that says who the recipients are, if it is to be written."""
        return {}


class UnusableProvider(SecretProvider):
    """Stands for secrets that cannot be asked for; `problem` says why."""

    kind = ""
    file_suffix = ""

    @property
    @abstractmethod
    def problem(self) -> SecretsError:
        """What is raised when somebody asks."""

    def files(self) -> dict[str, Path]:
        return {}

    def decrypt_config(self, path: Path) -> str:
        raise self.problem

    def read_file(self, path: Path) -> bytes:
        raise self.problem

    def sealer(self, config: SecretConfig) -> Sealer:
        raise self.problem


class NoSecretProvider(UnusableProvider):
    """The environment has no secrets."""

    @property
    def exists(self) -> bool:
        return False

    def read(self) -> SecretBlob:
        return SecretBlob()

    @property
    def problem(self) -> SecretsError:
        return SecretsError(
            f"environment {self.name!r} has no secrets",
            advice=f"make them with `batou secrets edit {self.name}`",
        )


class UnclearProvider(UnusableProvider):
    """The files of the environment do not say which provider they belong to."""

    def __init__(self, directory: Path, project: Path, error: ProviderError) -> None:
        super().__init__(directory, project)
        self._error = error

    @property
    def config_path(self) -> Path:
        raise self._error

    @property
    def problem(self) -> SecretsError:
        return self._error


def has_content(path: Path) -> bool:
    """Whether *path* is a file that is not empty."""
    return path.is_file() and path.stat().st_size > 0


def file_name(path: Path, suffix: str) -> str:
    """The name of a secret file: ``secret-foo.yaml.age`` is ``foo.yaml``."""
    return path.name.removeprefix(FILE_PREFIX).removesuffix(suffix)


def text_or_bytes(content: bytes) -> str | bytes:
    """Text where *content* is UTF-8, else as it is."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content


def attributes_of(definitions: Mapping[str, Any]) -> Knows:
    """Tells whether a component's class has an attribute."""

    def knows(component: str, attribute: str) -> bool:
        definition = definitions.get(component)
        return definition is not None and hasattr(definition.factory, attribute)

    return knows
