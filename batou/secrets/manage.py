"""``batou secrets add``, ``remove`` and ``reencrypt``: several environments, all or none."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from batou.errors import ReportingException
from batou.report import output
from batou.secrets import encryption
from batou.secrets.changes import Changes, changes
from batou.secrets.config import SecretConfig
from batou.secrets.errors import SecretsError
from batou.secrets.provider import NoSecretProvider, SecretProvider

Change = Callable[[SecretProvider], Changes]
"""Decides what to write for one environment."""


class Collected(Exception):
    """What went wrong, as (environment, error); nothing was written."""

    def __init__(self, errors: list[tuple[str, ReportingException]]) -> None:
        super().__init__(errors)
        self.errors = errors


def change_all(providers: Sequence[SecretProvider], change: Change) -> list[str]:
    """Apply *change* to all environments that have secrets; returns the names of those written.

    Raises Collected if it fails for any of them; then none is written.
    """
    errors: list[tuple[str, ReportingException]] = []
    planned = Changes()
    written = []
    with ExitStack() as stack:
        for provider in providers:
            if isinstance(provider, NoSecretProvider):
                output.annotate(f"{provider.name}: skipped, it has no secrets")
                continue
            try:
                for path in provider.paths():
                    stack.enter_context(encryption.locked(path, exclusive=True))
                own = change(provider)
            except ReportingException as error:
                errors.append((provider.name, error))
                continue
            if own:
                written.append(provider.name)
            planned += own
        if errors:
            raise Collected(errors)
        planned.apply()
    return written


def add_member(providers: Sequence[SecretProvider], member: str) -> list[str]:
    """Let *member* read the secrets; returns the environments that were written."""

    def change(provider: SecretProvider) -> Changes:
        config = provider.config()
        if member in config.members:
            output.annotate(f"{provider.name}: {member} is a member already")
            return Changes()
        config.set_members([*config.members, member])
        return changes(provider, config_text=str(config))

    return change_all(providers, change)


def remove_member(providers: Sequence[SecretProvider], member: str) -> list[str]:
    """Encrypt the secrets for everybody but *member*; returns the environments written.

    Raises SecretsError if it is a member of none of them.
    """
    found: list[str] = []

    def change(provider: SecretProvider) -> Changes:
        config = provider.config()
        if member not in config.members:
            output.annotate(f"{provider.name}: {member} is no member")
            return Changes()
        found.append(provider.name)
        return changes(provider, config_text=without_member(config, member))

    written = change_all(providers, change)
    if not found:
        raise SecretsError(
            f"{member!r} is no member of these environments",
            advice="`batou secrets summary` lists the members as they are written",
        )
    output.annotate(
        f"{member} has read what is in there, and old revisions stay readable: change the secrets"
    )
    return written


def without_member(config: SecretConfig, member: str) -> str:
    """The text of *config* with *member* taken out."""
    config.set_members([other for other in config.members if other != member])
    return str(config)


def reencrypt(providers: Sequence[SecretProvider], force: bool = False) -> list[str]:
    """Look up the recipients again; encrypt where they changed, or everywhere with *force*."""
    return change_all(providers, lambda provider: changes(provider, force=force))
