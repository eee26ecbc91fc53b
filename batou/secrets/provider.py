"""`SecretProvider`: the secrets of one environment, and how each kind keeps them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

from batou.secrets import encryption
from batou.secrets.blob import SecretBlob, semantic_values
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
        project = Path(environment.base_dir)
        found = find_provider(project / "environments" / environment.name, project)
        found.knows = attributes_of(environment.components)
        return found

    def sibling(self, kind: str) -> "SecretProvider":
        """A provider of another kind for the same environment; raises ProviderError."""
        return provider_class(kind, self.shown(self.config_path))(
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
        return self.config_path.is_file() and self.config_path.stat().st_size > 0

    def file_path(self, name: str) -> Path:
        """Where the secret file *name* lies."""
        return self.directory / f"{FILE_PREFIX}{name}{self.file_suffix}"

    def files(self) -> dict[str, Path]:
        """The secret files by name."""
        paths = sorted(self.directory.glob(f"{FILE_PREFIX}*{self.file_suffix}"))
        return {file_name(path, self.file_suffix): path for path in paths if path.is_file()}

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
        with ExitStack() as stack:
            files = self.files()
            for path in (self.config_path, *files.values()):
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

    @abstractmethod
    def read_config(self) -> str:
        """The clear text of ``secrets.cfg``."""

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

    def beside(self) -> Mapping[Path, bytes]:
        """Further files that belong to the recipients."""
        return {}


class NoSecretProvider(SecretProvider):
    """The environment has no secrets."""

    kind = ""
    file_suffix = ""

    @property
    def exists(self) -> bool:
        return False

    def files(self) -> dict[str, Path]:
        return {}

    def read(self) -> SecretBlob:
        return SecretBlob()

    def read_config(self) -> str:
        raise self._nothing()

    def read_file(self, path: Path) -> bytes:
        raise self._nothing()

    def sealer(self, config: SecretConfig) -> Sealer:
        raise self._nothing()

    def _nothing(self) -> SecretsError:
        return SecretsError(
            f"environment {self.name!r} has no secrets",
            advice=f"make them with `batou secrets edit {self.name}`",
        )


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


def provider_classes() -> dict[str, type[SecretProvider]]:
    """The kinds of providers by name."""
    from batou.secrets.kinds import AgeDiffableSecretProvider, AgeSecretProvider, GPGSecretProvider

    kinds = (GPGSecretProvider, AgeSecretProvider, AgeDiffableSecretProvider)
    return {kind.kind: kind for kind in kinds}


def provider_class(kind: str, shown: str) -> Callable[..., SecretProvider]:
    """The class for *kind*; raises ProviderError."""
    from batou.errors import Location, closest, listing

    known = provider_classes()
    if kind not in known:
        guess = closest(kind, list(known)) or f"there are: {listing(list(known))}"
        raise ProviderError(f"unknown secret_provider {kind!r}", Location(shown), advice=guess)
    return known[kind]


def find_provider(
    directory: Path,
    project: Path,
    keyring: Keyring | None = None,
    fetch: Fetch = fetch,
) -> SecretProvider:
    """The provider of the environment in *directory*.

    Raises ProviderError (a ValueError) if there is no such environment, if
    there is more than one ``secrets.cfg.*``, or one with an unknown suffix.
    """
    if not (directory / "environment.cfg").is_file():
        raise ProviderError(
            f"there is no environment {directory.name!r}",
            advice=f"expected {directory.relative_to(project)}/environment.cfg",
        )
    found = sorted(path for path in directory.glob(f"{CONFIG}.*") if path.is_file())
    if not found:
        return NoSecretProvider(directory, project, keyring, fetch)
    shown = [str(path.relative_to(project)) for path in found]
    if len(found) > 1:
        raise ProviderError(
            f"environment {directory.name!r} has {len(found)} files of secrets",
            facts=[("Found", "\n".join(shown))],
            advice="keep the one that is right and delete the others",
        )
    kind = found[0].name.removeprefix(f"{CONFIG}.")
    return provider_class(kind, shown[0])(directory, project, keyring, fetch)


