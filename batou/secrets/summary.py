"""``batou secrets summary`` and ``decrypttostdout``: look at secrets without changing them."""

import os
from dataclasses import dataclass
from pathlib import Path

from batou.errors import ReportingException
from batou.secrets import encryption
from batou.secrets.choosing import KINDS
from batou.secrets.errors import ProviderError, SecretsError
from batou.secrets.keyring import Keyring
from batou.secrets.kinds import AgeDiffableSecretProvider
from batou.secrets.provider import NoSecretProvider, SecretProvider, has_content


@dataclass(frozen=True)
class Summary:
    """Who may read an environment's secrets, and which files there are; or why we cannot tell."""

    name: str
    members: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    error: ReportingException | None = None

    def lines(self) -> list[str]:
        """The summary for people."""
        members = [f"        - {member}" for member in self.members] or ["        (none)"]
        files = [f"        - {name}" for name in self.files] or ["        (none)"]
        if self.error:
            members = ["        (cannot be read)"]
        return [self.name, "    members", *members, "    secret files", *files]


def summarize(provider: SecretProvider) -> Summary:
    """The summary of one environment."""
    files = tuple(provider.files())
    if isinstance(provider, NoSecretProvider):
        return Summary(provider.name)
    try:
        with encryption.locked(provider.config_path):
            members = provider.config().members
    except ReportingException as error:
        return Summary(provider.name, files=files, error=error)
    return Summary(provider.name, tuple(members), files)


def clear_text(path: Path, keyring: Keyring | None = None) -> bytes:
    """The decrypted content of any encrypted file; its suffix says how.

    Raises ProviderError for an unknown suffix.
    """
    suffix = path.suffix.removeprefix(".")
    if suffix not in KINDS:
        known = ", ".join("." + kind for kind in KINDS)
        raise ProviderError(f"cannot tell how {str(path)!r} is encrypted", advice=f"known: {known}")
    provider = KINDS[suffix](path.absolute().parent, Path.cwd(), keyring)
    with encryption.locked(path):
        if not has_content(path):
            return b""
        if suffix == AgeDiffableSecretProvider.kind:
            return provider.decrypt_config(path).encode()
        return provider.read_file(path)


def located(name: str) -> Path:
    """The file called *name* from here, or else from the project, which the launcher names."""
    path = Path(name)
    base = os.environ.get("APPENV_BASEDIR")
    if not path.exists() and base:
        path = Path(base, name)
    if not path.is_file():
        raise SecretsError(f"there is no file {name!r}")
    return path
