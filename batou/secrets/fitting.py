"""Whether secrets and the model fit: what is missing, unknown, twice there or unused."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from batou.errors import (
    DuplicateOverride,
    DuplicateSecretsComponentAttribute,
    MissingOverrideAttributes,
    ReportingException,
    SuperfluousSecretsSection,
    UnknownHostSecretsSection,
)
from batou.secrets.config import SecretConfig
from batou.secrets.finding import Finding
from batou.secrets.provider import SecretProvider
from batou.secrets.usage import Model, load_model

KINDS_OF_ERRORS: dict[type[BaseException], str] = {
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
    findings = list(dict.fromkeys(_from_errors(provider, config, model)))
    findings += missing_files(provider, model)
    if all(type(error) in KINDS_OF_ERRORS for error in model.errors):
        return [*findings, *unused(provider, config, model)], []
    note = "unused secrets are not looked for, because the model cannot be configured; see "
    return findings, [f"{note}`batou check {provider.name}`"]


def _from_errors(provider: SecretProvider, config: SecretConfig, model: Model) -> Iterator[Finding]:
    """Those errors of the model that are about secrets."""
    for error in model.errors:
        if isinstance(error, MissingOverrideAttributes):
            yield from _unknown_attributes(provider, model, error)
        elif isinstance(error, ReportingException) and type(error) in KINDS_OF_ERRORS:
            finding = Finding.of(provider.name, KINDS_OF_ERRORS[type(error)], error)
            yield replace(finding, location=_place(config, error))


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
