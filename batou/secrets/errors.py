"""What can go wrong with secrets; no error ever holds a secret value."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from batou.errors import ConfigurationError, Location
from batou.errors.base import Rows


@dataclass(eq=False)
class SecretsError(ConfigurationError):
    """Secrets cannot be read or written."""

    problem: str
    location: Location | None = None
    facts: Rows = field(default_factory=list)
    advice: str = ""

    def summary(self) -> str:
        return self.problem

    def rows(self) -> Rows:
        return self.facts

    def hint(self) -> str | None:
        return self.advice or None


class ProviderError(SecretsError, ValueError):
    """The files of an environment do not say which provider its secrets have."""


class MemberError(SecretsError):
    """A member of an environment cannot become a recipient."""


class UnreadableSecret(SecretsError):
    """None of our identities opens an encrypted file."""

    @classmethod
    def after(
        cls, path: str, attempts: Sequence[tuple[str, str]], recipients: Sequence[str]
    ) -> "UnreadableSecret":
        """The error for *path* after *attempts*, as (identity, why it failed)."""
        tried = "\n".join(f"{identity}: {reason}" for identity, reason in attempts)
        facts = [("Tried", tried or "no identity: none of the usual files exists")]
        if recipients:
            facts.append(("Recipients", "\n".join(recipients)))
        return cls(
            f"none of your identities opens {path!r}",
            Location(path),
            facts,
            "name your identities in BATOU_AGE_IDENTITIES, "
            "or ask one of the recipients for `batou secrets add`",
        )


class DamagedSecret(SecretsError):
    """An encrypted file is not what its tool wrote."""

    @classmethod
    def of(cls, path: str, problem: str, content: bytes = b"") -> "DamagedSecret":
        """The error for the file *path*, which has *content*."""
        if is_text(content):
            return cls(
                f"{path!r} is not encrypted",
                Location(path),
                advice="move it away, put its content back with `batou secrets edit`, and "
                "change what is secret in it if others could see the file",
            )
        return cls(
            f"{path!r} is damaged: {problem}",
            Location(path),
            advice="restore it from the repository, for example with `git checkout`",
        )


def is_text(content: bytes) -> bool:
    """Whether *content* was written by a person, and not by a tool that encrypts.

    >>> is_text(b"[app]\\npassword = x\\n"), is_text(b"\\x84\\x00")
    (True, False)
    """
    if content.lstrip().startswith((b"age-encryption.org/", b"-----BEGIN ")):
        return False
    try:
        return content.decode("utf-8").strip() != "" and b"\0" not in content
    except UnicodeDecodeError:
        return False
