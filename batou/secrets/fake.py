"""Secrets for those who may not read the real ones: made up, of the same shape, always the same.

What is encrypted as a whole hides the names of its keys. Then those attributes get a
value that components must have and that nothing else gives them.
"""

import hashlib
from collections.abc import Iterator
from inspect import getattr_static
from typing import TYPE_CHECKING, Any

from batou.component.attribute import NO_DEFAULT, Attribute
from batou.environment.overrides import semantic_values
from batou.environment.plugins import secret_provider
from batou.secrets import agefile, diffable
from batou.secrets.blob import SecretBlob
from batou.secrets.config import SecretConfig
from batou.secrets.kinds import AgeDiffableSecretProvider

if TYPE_CHECKING:
    from batou.environment import Environment
    from batou.secrets.provider import SecretProvider

FRAMED = (".pem", ".key", ".crt", ".cert")
"""Ends of names of files in the frame of a PEM file (RFC 7468)."""

SHORT, LONG = 5, 160
"""Up to so many characters, made-up text is a number; from so many on, it has lines."""

USUAL = 24
"""Characters of text whose real size is not known."""


def fake_secrets(environment: "Environment") -> SecretBlob:
    """Secrets for *environment*, which is loaded, without decrypting anything.

    Raises ProviderError if it is not clear which secrets it has.
    """
    provider = secret_provider(environment)
    if provider is None or not provider.exists:
        return SecretBlob()
    if isinstance(provider, AgeDiffableSecretProvider):
        overrides, hosts = _of_names(environment, provider)
    else:
        overrides, hosts = _of_gaps(environment), {}
    files = {
        name: fake_file(f"{environment.name}/{name}", name, clear_size(path.read_bytes()))
        for name, path in provider.files().items()
    }
    return SecretBlob(overrides, hosts, files, semantic_values(overrides, files))


Values = dict[str, dict[str, str]]


def _of_names(environment: "Environment", provider: "SecretProvider") -> tuple[Values, Values]:
    """Overrides and host data for the keys that can be read without decrypting."""
    shown = provider.shown(provider.config_path)
    text = provider.config_path.read_text(encoding="utf-8")
    sizes = diffable.decrypt(text, lambda value: str(clear_size(value)).encode(), shown)
    config = SecretConfig(sizes, shown)
    overrides = {
        component: {
            key: fake_text(
                f"{environment.name}/{component}/{key}",
                int(size),
                attributes(environment, component).get(key),
            )
            for key, size in values.items()
        }
        for component, values in config.component_overrides(provider.knows).items()
    }
    hosts = {
        host: {
            key: fake_text(f"{environment.name}/{host}/{key}", int(size))
            for key, size in values.items()
        }
        for host, values in config.host_data().items()
    }
    return overrides, hosts


def _of_gaps(environment: "Environment") -> Values:
    """Overrides for the attributes that have no value yet."""
    found: Values = {}
    for component in sorted({root.name for root in environment.root_components}):
        given = environment.overrides.get(component, {})
        for name, attribute in attributes(environment, component).items():
            if attribute.default is NO_DEFAULT and name not in given:
                seed = f"{environment.name}/{component}/{name}"
                found.setdefault(component, {})[name] = fake_text(seed, USUAL, attribute)
    return found


def attributes(environment: "Environment", component: str) -> dict[str, Attribute]:
    """What the environment may override of a component."""
    definition = environment.components.get(component)
    if definition is None:
        return {}
    kind: Any = definition.factory
    found = {name: getattr_static(kind, name, None) for name in dir(kind)}
    return {name: value for name, value in found.items() if isinstance(value, Attribute)}


def fake_text(seed: str, size: int, attribute: Attribute | None = None) -> str:
    """Text of about *size* characters that *attribute* can convert.

    >>> fake_text("prod/db/port", 4), fake_text("prod/db/password", 12)
    ('1662', 'fake-1f26f35')
    """
    return next(text for text in _candidates(seed, size) if _fits(text, attribute))


def _candidates(seed: str, size: int) -> Iterator[str]:
    digits = f"1{int(digest(seed), 16)}"  # a port, too
    if 0 < size <= SHORT:
        yield digits[:size]
    yield framed(seed, size) if size >= LONG else f"fake-{digest(seed)}"[: max(size, SHORT)]
    yield from (digits[:4], "true", f"localhost:{digits[:4]}", "[]", "{}")
    yield ""


def _fits(text: str, attribute: Attribute | None) -> bool:
    if attribute is None or not text:
        return True
    try:
        attribute._convert(text)
    except Exception:  # a conversion may be anything
        return False
    return True


def fake_file(seed: str, name: str, size: int) -> str:
    """The content of a secret file called *name*."""
    if name.endswith(".json"):
        return "{}\n"
    if name.endswith(FRAMED) or size >= LONG:
        return framed(seed, max(size, LONG)) + "\n"
    return f"fake-{digest(seed)}"[: max(size, SHORT)] + "\n"


def framed(seed: str, size: int) -> str:
    """Lines in the frame of a PEM file, of about *size* characters, and no key."""
    lines = (digest(f"{seed}/{number}") for number in range(max(1, size // 64)))
    return "\n".join(["-----BEGIN FAKE KEY-----", *lines, "-----END FAKE KEY-----"])


def digest(seed: str) -> str:
    """64 characters that are always the same for *seed*, and for no other."""
    return hashlib.sha256(seed.encode()).hexdigest()


def clear_size(content: bytes) -> int:
    """How long the clear text of *content* is; `USUAL` if it does not tell, as for GnuPG."""
    try:
        return agefile.clear_size(content)
    except agefile.NotAnAgeFile:
        return USUAL
