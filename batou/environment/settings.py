"""What may stand in ``[environment]`` and ``[host:…]``, and how its text becomes values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from batou.artifacts import POLICIES
from batou.component.attribute import convert_bool
from batou.environment.ini import ConfigSection
from batou.errors import InvalidSetting, ReportingException, UnknownSetting

UPDATE_METHODS = ("rsync", "rsync-ext", "git-bundle", "git-pull", "hg-bundle", "hg-pull")
CONNECT_METHODS = ("local", "ssh", "vagrant", "kitchen", "docker", "podman")


@dataclass(frozen=True)
class Setting:
    """A key, how its text is converted, what the text should look like, and the default."""

    convert: Callable[[str], Any] = str
    expected: str = "text"
    default: Any = None


def family(value: str) -> Any:
    """Whether an IP family is wanted: True, False or ``"optional"``."""
    return "optional" if value.strip().lower() == "optional" else convert_bool(value)


def positive(value: str) -> int:
    """A number above zero."""
    number = int(value)
    if number < 1:
        raise ValueError(f"{number} is below 1")
    return number


def one_of(*names: str) -> Callable[[str], str]:
    """A conversion that accepts *names* only."""

    def convert(value: str) -> str:
        if value not in names:
            raise ValueError(f"{value!r} is none of them")
        return value

    return convert


BOOL = "True or False"
FAMILY = "True, False or optional"

ENVIRONMENT: dict[str, Setting] = {
    "service_user": Setting(),
    "require_sudo": Setting(convert_bool, BOOL),
    "host_domain": Setting(),
    "target_directory": Setting(default="~/deployment"),
    "connect_method": Setting(default="ssh"),
    "update_method": Setting(one_of(*UPDATE_METHODS), ", ".join(UPDATE_METHODS), "rsync"),
    "branch": Setting(),
    "platform": Setting(),
    "timeout": Setting(positive, "a whole number of seconds", 3),
    "repository_url": Setting(),
    "repository_root": Setting(),
    "jobs": Setting(positive, "a whole number above 0"),
    "require_v4": Setting(family, FAMILY, True),
    "require_v6": Setting(family, FAMILY, False),
    "artifacts": Setting(one_of(*POLICIES), ", ".join(POLICIES), "auto"),
}
"""Keys of ``[environment]``."""

HOST: dict[str, Setting] = {
    "components": Setting(expected="a list of components"),
    "ignore": Setting(convert_bool, BOOL, False),
    "platform": Setting(),
    "service_user": Setting(),
    "require_sudo": Setting(convert_bool, BOOL),
    "python": Setting(),
    "via": Setting(),
    "artifacts": Setting(one_of(*POLICIES), ", ".join(POLICIES)),
    "provisioner": Setting(),
    "provision-dynamic-hostname": Setting(convert_bool, BOOL, False),
    "provision-aliases": Setting(),
}
"""Keys of ``[host:…]``, besides ``data-…``."""


def read(
    section: ConfigSection, known: dict[str, Setting]
) -> tuple[dict[str, Any], list[ReportingException]]:
    """The values that *section* gives for *known* keys, and what is wrong with others."""
    values: dict[str, Any] = {}
    errors: list[ReportingException] = []
    for key, setting in known.items():
        if key not in section:
            continue
        text = section[key]
        try:
            values[key] = setting.convert(text)
        except (ValueError, SyntaxError):
            errors.append(
                InvalidSetting(section.name, key, text, setting.expected, section.location(key))
            )
    return values, errors


def unknown(
    section: ConfigSection, known: dict[str, Setting], prefixes: tuple[str, ...] = ()
) -> list[UnknownSetting]:
    """Warnings about keys of *section* that mean nothing."""
    return [
        UnknownSetting(section.name, key, section.location(key), tuple(known))
        for key in section
        if key not in known and not key.startswith(prefixes or "\0")
    ]
