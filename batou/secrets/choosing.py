"""Which provider the secrets of an environment have."""

from pathlib import Path

from batou.environment.environment import environment_file
from batou.errors import Location, closest, listing
from batou.secrets.errors import ProviderError
from batou.secrets.fetching import Fetch, fetch
from batou.secrets.keyring import Keyring
from batou.secrets.kinds import AgeDiffableSecretProvider, AgeSecretProvider, GPGSecretProvider
from batou.secrets.provider import CONFIG, NoSecretProvider, SecretProvider, UnclearProvider

KINDS: dict[str, type[SecretProvider]] = {
    kind.kind: kind for kind in (GPGSecretProvider, AgeSecretProvider, AgeDiffableSecretProvider)
}


def provider_class(kind: str, place: Location | None = None) -> type[SecretProvider]:
    """The class for *kind*; raises ProviderError, which points to *place*."""
    if kind not in KINDS:
        guess = closest(kind, list(KINDS)) or f"there are: {listing(list(KINDS))}"
        raise ProviderError(f"unknown secret_provider {kind!r}", place, advice=guess)
    return KINDS[kind]


def find_provider(
    project: Path, environment: str, keyring: Keyring | None = None, fetch: Fetch = fetch
) -> SecretProvider:
    """The provider of an environment, chosen by the suffix of its ``secrets.cfg``.

    Raises ProviderError (a ValueError) if there is no such environment, if it has
    more than one ``secrets.cfg.*``, or one with an unknown suffix.
    """
    directory = project / "environments" / environment
    if not Path(environment_file(str(project), environment)).is_file():
        raise ProviderError(
            f"there is no environment {environment!r}",
            advice=f"expected environments/{environment}/environment.cfg",
        )
    found = sorted(path for path in directory.glob(f"{CONFIG}.*") if path.is_file())
    if not found:
        return NoSecretProvider(directory, project, keyring, fetch)
    shown = [str(path.relative_to(project)) for path in found]
    if len(found) > 1:
        raise ProviderError(
            f"environment {environment!r} has {len(found)} files of secrets",
            facts=[("Found", "\n".join(shown))],
            advice="keep the one that is right and delete the others",
        )
    kind = found[0].name.removeprefix(f"{CONFIG}.")
    return provider_class(kind, Location(shown[0]))(directory, project, keyring, fetch)


def any_provider(project: Path, environment: str, keyring: Keyring | None = None) -> SecretProvider:
    """As `find_provider`, but what is wrong is told when the secrets are asked for."""
    try:
        return find_provider(project, environment, keyring)
    except ProviderError as error:
        return UnclearProvider(project / "environments" / environment, project, error)
