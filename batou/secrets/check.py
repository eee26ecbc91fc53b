"""``batou secrets check``: open everything, and find what is missing, twice there or unused."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from batou.errors import (
    DuplicateOverride,
    DuplicateSecretsComponentAttribute,
    MissingOverrideAttributes,
    ReportingException,
    SuperfluousSecretsSection,
    UnknownHostSecretsSection,
)
from batou.secrets import encryption, gpg
from batou.secrets.config import SecretConfig
from batou.secrets.kinds import (
    KINDS,
    AgeSecretProvider,
    GPGSecretProvider,
    differing,
)
from batou.secrets.provider import CONFIG, FILE_PREFIX, NoSecretProvider, SecretProvider
from batou.secrets.usage import Model, load_model


@dataclass(frozen=True)
class Finding:
    """Something wrong with the secrets of an environment.

    *kind* is ``unreadable``, ``invalid``, ``recipients``, ``duplicate``,
    ``unknown``, ``missing`` or ``unused``.
    """

    environment: str
    kind: str
    message: str
    location: str = ""
    hint: str = ""

    @classmethod
    def of(cls, environment: str, kind: str, error: ReportingException) -> "Finding":
        """An error as a finding."""
        place = str(error.location or "")
        return cls(environment, kind, error.summary(), place, error.hint() or "")


@dataclass(frozen=True)
class Checked:
    """The findings of an environment, and what could not be looked at, and why."""

    environment: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Builtin types for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The findings for people."""
        found = [f"{self.environment}: {len(self.findings) or 'no'} findings"]
        for finding in self.findings:
            found.append(f"    {finding.kind}: {finding.message}")
            found += [f"        {text}" for text in (finding.location, finding.hint) if text]
        return found + [f"    note: {note}" for note in self.notes]


def check(provider: SecretProvider) -> Checked:
    """Look at everything that belongs to the secrets of an environment."""
    name = provider.name
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


def _is_for_others(path: Path, members: list[str]) -> bool:
    """Whether gpg knows the keys of all *members* and *path* has others."""
    are_known = all(gpg.key_ids_of_member(member) for member in members)
    return are_known and not gpg.is_encrypted_for(path, members)


KINDS_OF_ERRORS: dict[type[ReportingException], str] = {
    DuplicateOverride: "duplicate",
    DuplicateSecretsComponentAttribute: "duplicate",
    SuperfluousSecretsSection: "unknown",
    UnknownHostSecretsSection: "unknown",
}


def check_use(provider: SecretProvider, config: SecretConfig) -> tuple[list[Finding], list[str]]:
    """What the model says about the secrets, and notes on what it cannot say."""
    duplicates = config.duplicates()
    if duplicates:
        found = [Finding.of(provider.name, "duplicate", error) for error in duplicates]
        return found, ["who uses them is told when nothing is there twice"]
    try:
        model = load_model(provider)
    except ReportingException as error:
        kind = KINDS_OF_ERRORS.get(type(error))
        if kind:
            return [Finding.of(provider.name, kind, error)], []
        return [], [f"who uses them cannot be told: {error.summary()}"]
    findings, others = _from_errors(provider, config, model)
    findings += missing_files(provider, model)
    if others:
        note = "the model cannot be configured, so unused secrets are not looked for; see "
        return findings, [f"{note}`batou check {provider.name}`"]
    return [*findings, *unused(provider, config, model)], []


def _from_errors(
    provider: SecretProvider, config: SecretConfig, model: Model
) -> tuple[list[Finding], list[BaseException]]:
    """Errors of the model that are about secrets, as findings; and the other errors."""
    findings: list[Finding] = []
    others: list[BaseException] = []
    for error in model.errors:
        found: list[Finding] = []
        if isinstance(error, MissingOverrideAttributes):
            found = list(_unknown_attributes(provider, model, error))
        elif isinstance(error, ReportingException) and type(error) in KINDS_OF_ERRORS:
            finding = Finding.of(provider.name, KINDS_OF_ERRORS[type(error)], error)
            found = [replace(finding, location=_place(config, error))]
        findings += found
        if not found:
            others.append(error)
    return list(dict.fromkeys(findings)), others


def _place(config: SecretConfig, error: ReportingException) -> str:
    """Where in the secrets the cause of *error* stands."""
    place = error.location
    if isinstance(error, SuperfluousSecretsSection):
        place = config.section_place(error.component_name)
    elif isinstance(error, UnknownHostSecretsSection):
        place = config.place(f"host:{error.hostname}")
    return str(place or "")


def _unknown_attributes(
    provider: SecretProvider, model: Model, error: MissingOverrideAttributes
) -> Iterator[Finding]:
    """A finding for each attribute of *error* that the secrets set."""
    for component, values in model.blob.component_overrides.items():
        for attribute in values:
            place = model.blob.locations[component, attribute]
            if attribute in error.attributes and place in error.locations:
                message = f"component {component!r} has no attribute {attribute!r}"
                yield Finding(provider.name, "unknown", message, place, error.hint() or "")


def missing_files(provider: SecretProvider, model: Model) -> list[Finding]:
    """Secret files that components ask for and that do not exist."""
    return [
        Finding(
            provider.name,
            "missing",
            f"component {component!r} on {host!r} reads the secret file {name!r}, there is none",
            provider.shown(provider.file_path(name)),
            f"make it with `batou secrets edit {provider.name} {name}`",
        )
        for name, readers in sorted(model.usage.files.items())
        if name not in model.blob.secret_files
        for host, component in sorted(readers)[:1]
    ]


def unused(provider: SecretProvider, config: SecretConfig, model: Model) -> Iterable[Finding]:
    """Secrets that no component uses."""
    for name in model.blob.secret_files:
        if name not in model.usage.files:
            shown = provider.shown(provider.file_path(name))
            message = f"no component reads the secret file {name!r}"
            yield Finding(provider.name, "unused", message, shown, "delete it if nobody needs it")
    for component, values in model.blob.component_overrides.items():
        if values and component in model.environment.components and not model.is_used(component):
            place = str(config.section_place(component))
            message = f"secrets are given for component {component!r}, which is on no host"
            yield Finding(provider.name, "unused", message, place, "remove the section")
