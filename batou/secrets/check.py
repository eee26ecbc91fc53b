"""``batou secrets check``: open everything, and find what is missing, twice there or unused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from batou.errors import ReportingException
from batou.secrets import encryption, gpg
from batou.secrets.choosing import KINDS
from batou.secrets.config import SecretConfig
from batou.secrets.errors import MemberError
from batou.secrets.finding import Checked, Finding
from batou.secrets.fitting import check_use
from batou.secrets.kinds import AgeSecretProvider, GPGSecretProvider, differing
from batou.secrets.provider import (
    CONFIG,
    FILE_PREFIX,
    NoSecretProvider,
    SecretProvider,
    UnclearProvider,
)
from batou.secrets.recipients import check_member


def check(provider: SecretProvider) -> Checked:
    """Look at everything that belongs to the secrets of an environment."""
    name = provider.name
    if isinstance(provider, UnclearProvider):
        return Checked(name, (Finding.of(name, "invalid", provider.problem),))
    findings = list(stray_files(provider))
    if isinstance(provider, NoSecretProvider):
        return Checked(name, tuple(findings), ("it has no secrets",))
    unreadable = list(unreadable_files(provider))
    findings += unreadable
    try:
        with encryption.locked(provider.config_path):
            config = provider.config()
    except (ReportingException, OSError) as error:
        findings.append(_unopened(provider, provider.config_path, error))
        return Checked(name, tuple(findings), ("who uses them cannot be told",))
    findings += wrong_recipients(provider, config)
    if unreadable:
        return Checked(name, tuple(findings), ("who uses them cannot be told",))
    used, notes = check_use(provider, config)
    return Checked(name, (*findings, *used), tuple(notes))


def _unopened(provider: SecretProvider, path: Path, error: ReportingException | OSError) -> Finding:
    shown = provider.shown(path)
    if not isinstance(error, ReportingException):
        return Finding(provider.name, "unreadable", error.strerror or str(error), shown)
    reasons = "; ".join(
        text for key, value in error.rows() if key == "Tried" for text in value.splitlines()
    )
    message = error.summary() + (f" ({reasons})" if reasons else "")
    place = str(error.location or shown)
    return Finding(provider.name, "unreadable", message, place, error.hint() or "")


def unreadable_files(provider: SecretProvider) -> Iterator[Finding]:
    """Secret files that do not open."""
    for path in provider.files().values():
        try:
            with encryption.locked(path):
                provider.read_file(path)
        except (ReportingException, OSError) as error:
            yield _unopened(provider, path, error)


def stray_files(provider: SecretProvider) -> Iterator[Finding]:
    """Files that look like secrets and are read by nobody."""
    own = {provider.config_path, *provider.files().values()}
    suffixes = sorted({"." + kind for kind in KINDS})
    names = [CONFIG, f"{CONFIG}.*", f"{FILE_PREFIX}*"]
    for path in sorted({path for name in names for path in provider.directory.glob(name)} - own):
        shown = provider.shown(path)
        if path.stat().st_size == 0:
            problem, hint = "is empty, an editor was interrupted", "delete it, or edit it again"
        elif path.suffix in suffixes:
            problem, hint = f"is not read, the secrets are {provider.kind or 'none'}", "delete it"
        else:
            problem, hint = "has no suffix of a provider, is it clear text?", "encrypt or delete it"
        yield Finding(provider.name, "unused", f"{shown!r} {problem}", shown, hint)


def wrong_recipients(provider: SecretProvider, config: SecretConfig) -> Iterator[Finding]:
    """Files that are encrypted for others than the members."""
    hint = f"run `batou secrets reencrypt --environments {provider.name}`"
    paths: list[Path] = []
    if isinstance(provider, AgeSecretProvider):
        if wrong := list(_wrong_members(provider, config)):
            yield from wrong
            return
        if not provider.lock.is_made_of(config.members):
            place = str(config.members_place())
            message = "age_keys.txt was made for other members than those in secrets.cfg"
            yield Finding(provider.name, "recipients", message, place, hint)
            return
        try:
            paths = list(dict.fromkeys(differing(provider, provider.lock)))
        except ReportingException as error:
            yield Finding.of(provider.name, "unreadable", error)
    elif isinstance(provider, GPGSecretProvider):
        paths = [path for path in provider.paths() if _is_for_others(path, config.members)]
    for path in paths:
        shown = provider.shown(path)
        message = f"{shown!r} is encrypted for others than the members"
        yield Finding(provider.name, "recipients", message, shown, hint)


def _wrong_members(provider: SecretProvider, config: SecretConfig) -> Iterator[Finding]:
    for member in config.members:
        try:
            check_member(member)
        except MemberError as error:
            place = str(config.members_place())
            found = Finding.of(provider.name, "recipients", error)
            yield replace(found, location=place)


def _is_for_others(path: Path, members: list[str]) -> bool:
    """Whether gpg knows the keys of all *members* and *path* has others."""
    are_known = all(gpg.key_ids_of_member(member) for member in members)
    return are_known and not gpg.is_encrypted_for(path, members)
