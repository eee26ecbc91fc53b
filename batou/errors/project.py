"""What can be wrong in the files of a project: environments, hosts, settings and secrets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from batou.errors.base import Location, ReportingException, Rows, closest, listing
from batou.errors.configuration import ConfigurationError
from batou.errors.texts import clipped, shown_path


@dataclass(eq=False)
class MissingEnvironment(ConfigurationError):
    """There is no such environment."""

    environment_name: str
    known: list[str] = field(default_factory=list)

    def summary(self) -> str:
        return f"there is no environment {self.environment_name!r}"

    def rows(self) -> Rows:
        name = self.environment_name
        is_path = not name or "/" in name or name.startswith(".")
        return [] if is_path else [("Expected", f"environments/{name}/environment.cfg")]

    def hint(self) -> str | None:
        if not self.known:
            return "this project has no environments yet, make one"
        name = self.environment_name.strip("/").rpartition("/")[2]
        guess = f"did you mean {name!r}?" if name in self.known else closest(name, self.known)
        known = f"environments here: {listing(self.known)}"
        return f"{guess} {known}" if guess else known


@dataclass(eq=False)
class MissingComponent(ConfigurationError):
    """An environment assigns a component that no ``component.py`` defines."""

    component_name: str
    affected_hostname: str | None
    known: list[str] = field(default_factory=list)
    location: Location | None = None
    advice: str = ""
    hosts: tuple[str, ...] = ()

    def summary(self) -> str:
        if len(self.hosts) > 1:
            return f"hosts {listing(self.hosts)} ask for unknown component {self.component_name!r}"
        return f"host {self.affected_hostname!r} asks for unknown component {self.component_name!r}"

    def rows(self) -> Rows:
        return []

    def hint(self) -> str | None:
        if not self.component_name:
            return "there is an empty name in the list, remove the superfluous comma"
        if "\n" in self.component_name:
            return "in a list with commas every line but the last must end with a comma"
        if re.search(r"[^\w.-]", self.component_name):
            return "write names with commas between them, without quotes, brackets or comments"
        if self.advice:
            return self.advice
        if not self.known:
            return "there are no components, expected components/NAME/component.py"
        guess = closest(self.component_name, self.known)
        return guess or f"components here: {listing(self.known)}"

    def _identity(self) -> dict[str, Any]:
        return {"component_name": self.component_name}

    @classmethod
    def merge(
        cls, errors: Sequence[ReportingException]
    ) -> tuple[ReportingException, set[str] | None]:
        """One error that names all hosts, and the lines that ask for the component."""
        hosts = sorted({error.affected_hostname or "" for error in errors})
        first = min((e for e in errors if isinstance(e, cls)), key=lambda e: e.sort_key)
        places = sorted({e.location for e in errors if e.location}, key=lambda p: (p.path, p.line))
        merged = replace(first, hosts=tuple(hosts))
        merged._where = [("Where", "\n".join(map(str, places)))] if places else None
        return merged, None


@dataclass(eq=False)
class InvalidHostName(ConfigurationError):
    """A host is called as no host can be called."""

    hostname: str
    location: Location | None = None

    def summary(self) -> str:
        if not self.hostname:
            return "a section for a host lacks its name"
        return f"{self.hostname!r} is no name of a host"

    def hint(self) -> str | None:
        if not self.hostname:
            return "write [host:NAME]"
        return "a name has no blanks and no slashes, and does not begin with a hyphen"


@dataclass(eq=False)
class SuperfluousSection(ConfigurationError):
    """``environment.cfg`` has a section that batou does not know."""

    section: str
    location: Location | None = None
    known: tuple[str, ...] = ()

    def summary(self) -> str:
        return f"unknown section [{self.section}]"

    def hint(self) -> str | None:
        kind, colon, name = self.section.partition(":")
        names = [other.removesuffix("NAME") for other in self.known]
        guess = closest(kind + colon, names)
        if guess:
            return guess.replace("'", "[", 1).replace("'", f"{name or 'NAME' * bool(colon)}]", 1)
        return "sections are " + ", ".join(f"[{other}]" for other in self.known)


@dataclass(eq=False)
class SuperfluousComponentSection(ConfigurationError):
    """Overrides are given for a component that does not exist."""

    component_name: str
    location: Location | None = None
    known: list[str] = field(default_factory=list)

    def summary(self) -> str:
        return f"section [component:{self.component_name}] is for a component that does not exist"

    def hint(self) -> str | None:
        guess = closest(self.component_name, self.known)
        return guess or f"components here: {listing(self.known)}"


@dataclass(eq=False)
class SuperfluousSecretsSection(ConfigurationError):
    """Secrets are given for a component that does not exist."""

    component_name: str
    location: Location | None = None
    known: list[str] = field(default_factory=list)

    def summary(self) -> str:
        return f"secrets are given for a component {self.component_name!r} that does not exist"

    def hint(self) -> str | None:
        return closest(self.component_name, self.known)


@dataclass(eq=False)
class UnknownHostSecretsSection(ConfigurationError):
    """Secrets are given for a host that does not exist."""

    hostname: str
    location: Location | None = None
    known: list[str] = field(default_factory=list)

    def summary(self) -> str:
        return f"secrets are given for a host {self.hostname!r} that does not exist"

    def hint(self) -> str | None:
        return closest(self.hostname, self.known)


@dataclass(eq=False)
class DuplicateOverride(ConfigurationError):
    """An attribute is set in the environment and in its secrets."""

    component_name: str
    attribute: str
    location: Location | None = None

    def summary(self) -> str:
        return (
            f"attribute {self.attribute!r} of component {self.component_name!r} "
            "is set in environment.cfg and in the secrets"
        )

    def hint(self) -> str | None:
        return "remove one of them"


@dataclass(eq=False)
class DuplicateSecretsComponentAttribute(ConfigurationError):
    """An attribute is set twice in the secrets: in ``[x]`` and in ``[component:x]``."""

    component_name: str
    attribute: str
    location: Location | None = None

    def summary(self) -> str:
        return (
            f"attribute {self.attribute!r} of component {self.component_name!r} "
            "is set twice in the secrets"
        )

    def hint(self) -> str | None:
        name = self.component_name
        return f"keep either the section [{name}] or [component:{name}]"


@dataclass(eq=False)
class DuplicateHostError(ConfigurationError):
    """A host is defined twice."""

    affected_hostname: str | None
    location: Location | None = None
    first: Location | None = None

    def summary(self) -> str:
        return f"host {self.affected_hostname!r} is defined twice"

    def rows(self) -> Rows:
        return [("First", str(self.first))] if self.first else []

    def hint(self) -> str | None:
        return f"keep it either in [hosts] or as [host:{self.affected_hostname}]"


@dataclass(eq=False)
class DuplicateHostMapping(ConfigurationError):
    """``hostmap.json`` maps one host to two names."""

    affected_hostname: str | None
    a: str
    b: str

    order: ClassVar[int] = 3

    def summary(self) -> str:
        return f"host {self.affected_hostname!r} is mapped to {self.a!r} and to {self.b!r}"

    def rows(self) -> Rows:
        return [("Mapping 1", self.a), ("Mapping 2", self.b)]


@dataclass(eq=False)
class InvalidIPAddressError(ConfigurationError):
    """A ``[resolver]`` entry is no IP address."""

    address: str
    location: Location | None = None
    name: str = ""

    def summary(self) -> str:
        setting = f"[resolver] {self.name} = " if self.name else ""
        return f"{setting}{self.address!r} is no IP address"

    def hint(self) -> str | None:
        return "write one address a line, like 192.0.2.10 or 2001:db8::10"


@dataclass(eq=False)
class InvalidSetting(ConfigurationError):
    """A value in ``environment.cfg`` cannot be understood."""

    section: str
    key: str
    value: str
    expected: str
    location: Location | None = None

    def summary(self) -> str:
        value = clipped(repr(self.value), 100)
        return f"[{self.section}] {self.key} = {value} cannot be understood"

    def rows(self) -> Rows:
        return [("Expected", self.expected)]

    def hint(self) -> str | None:
        if "\n" in self.value:
            return "an indented line continues the value above: do not indent it"
        if re.search(r"\s[#;]", self.value):
            return "put the comment on a line of its own"
        if self.value[:1] in ("'", '"'):
            return "remove the quotes"
        return closest(self.value, self.expected.replace(" or ", ", ").split(", "))


@dataclass(eq=False)
class MissingSetting(ConfigurationError):
    """A section of ``environment.cfg`` lacks a key that it must have."""

    section: str
    key: str
    expected: str
    location: Location | None = None

    def summary(self) -> str:
        return f"section [{self.section}] lacks the key {self.key!r}"

    def rows(self) -> Rows:
        return [("Expected", self.expected)]


@dataclass(eq=False)
class UnknownSetting(ConfigurationError):
    """A key in ``environment.cfg`` means nothing to batou (a warning)."""

    section: str
    key: str
    location: Location | None = None
    known: tuple[str, ...] = ()

    def summary(self) -> str:
        return f"unknown key {self.key!r} in section [{self.section}] is ignored"

    def hint(self) -> str | None:
        return closest(self.key, self.known)


@dataclass(eq=False)
class InvalidFile(ConfigurationError):
    """A file of the project cannot be read or parsed."""

    path: str
    problem: str
    location: Location | None = None
    advice: str = ""

    def summary(self) -> str:
        return f"cannot read {shown_path(self.path)!r}: {self.problem}"

    def hint(self) -> str | None:
        return self.advice or None
