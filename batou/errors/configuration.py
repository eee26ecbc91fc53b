"""What can be wrong before a host is touched."""

import socket
from dataclasses import dataclass, field
from typing import Any, ClassVar

from batou.errors.base import Location, ReportingException, Rows, closest, listing
from batou.errors.tracebacks import Frame, frame_rows, prepare_error, user_frames


class ConfigurationError(ReportingException):
    """The model, the environment or a component's arguments are wrong.

    Component code raises it with a message and, where there is one, the
    component that the message is about.
    """

    order: ClassVar[int] = 0

    def __init__(self, message: str = "", component: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.has_component = component is not None
        self.component_root_name: str | None = None
        self.affected_hostname = None
        self.component_breadcrumbs: str | None = None
        root = getattr(component, "root", None)
        if root is not None:
            self.component_root_name = root.name
            self.affected_hostname = root.host.name
            self.component_breadcrumbs = component._breadcrumbs

    def summary(self) -> str:
        return getattr(self, "message", "") or type(self).__name__

    def rows(self) -> Rows:
        breadcrumbs = getattr(self, "component_breadcrumbs", None)
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [*host, *([("Component", breadcrumbs)] if breadcrumbs else [])]


def conversion_name(conversion: Any) -> str:
    """What a conversion is called; a partial is named after its function.

    >>> conversion_name(int)
    'int'
    """
    function = getattr(conversion, "func", conversion)
    return getattr(function, "__name__", None) or repr(conversion)


@dataclass(eq=False)
class ComponentError(ConfigurationError):
    """Base of errors about one component on one host."""

    affected_hostname: str | None
    component_breadcrumbs: str

    @classmethod
    def about(cls, component: Any, *args: Any, **kw: Any) -> Any:
        """The error for *component*, which may not be part of a tree yet."""
        try:
            host, breadcrumbs = component.host.name, component._breadcrumbs
        except AttributeError:
            host, breadcrumbs = None, type(component).__name__
        return cls(host, breadcrumbs, *args, **kw)

    @classmethod
    def from_context(cls, component: Any, *args: Any, **kw: Any) -> Any:
        return cls.about(component, *args, **kw)

    def rows(self) -> Rows:
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [*host, ("Component", self.component_breadcrumbs)]


@dataclass(eq=False)
class AttributeExpansionError(ComponentError):
    """A template in an override or a ``ConfigString`` default cannot be rendered."""

    key: str
    value_repr: str
    error: str
    location: Location | None = None

    order: ClassVar[int] = 1

    @classmethod
    def from_context(cls, component: Any, key: str, value: object, error: object) -> Any:
        return cls.about(component, key, repr(value), str(error))

    def summary(self) -> str:
        return f"cannot expand {self.value_repr} for attribute {self.key!r}: {self.error}"

    def rows(self) -> Rows:
        return [*super().rows(), ("Attribute", self.key)]


@dataclass(eq=False)
class ConversionError(ComponentError):
    """A value cannot be converted to what its attribute wants."""

    key: str
    value_repr: str
    conversion_name: str
    error_str: str
    location: Location | None = None

    order: ClassVar[int] = 1

    @classmethod
    def from_context(
        cls, component: Any, key: str, value: object, conversion: Any, error: object
    ) -> Any:
        name = conversion if isinstance(conversion, str) else conversion_name(conversion)
        return cls.about(component, key, repr(value), name, str(error))

    def summary(self) -> str:
        return (
            f"cannot convert {self.value_repr} to {self.conversion_name} "
            f"for attribute {self.key!r}: {self.error_str}"
        )

    def rows(self) -> Rows:
        return [*super().rows(), ("Attribute", self.key)]


@dataclass(eq=False)
class MissingOverrideAttributes(ComponentError):
    """Overrides are given for attributes that the component lacks."""

    attributes: list[str]
    known: list[str] = field(default_factory=list)
    locations: list[str] = field(default_factory=list)

    order: ClassVar[int] = 3

    def summary(self) -> str:
        noun = "attribute" if len(self.attributes) == 1 else "attributes"
        return (
            f"component {self.component_breadcrumbs!r} has no {noun} {listing(self.attributes)}, "
            "but the environment sets it"
            if len(self.attributes) == 1
            else f"component {self.component_breadcrumbs!r} has no {noun} "
            f"{listing(self.attributes)}, but the environment sets them"
        )

    def rows(self) -> Rows:
        where = [("Where", "\n".join(self.locations))] if self.locations else []
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [*where, *host, ("Attributes", ", ".join(self.attributes))]

    def hint(self) -> str | None:
        guesses = [guess for name in self.attributes if (guess := closest(name, self.known))]
        if guesses:
            return guesses[0]
        return f"it has {listing(self.known)}" if self.known else "it has no attributes to override"


@dataclass(eq=False)
class DuplicateComponent(ConfigurationError):
    """Two classes of one file have the same lower-case name."""

    a_name: str
    a_filename: str
    b_filename: str

    order: ClassVar[int] = 2

    def summary(self) -> str:
        return f"component {self.a_name!r} is defined twice"

    def rows(self) -> Rows:
        return [("Occurrence", self.a_filename), ("Occurrence", self.b_filename)]

    def hint(self) -> str | None:
        return "names are compared in lower case, so rename one of the classes"


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
class UnknownComponentConfigurationError(ConfigurationError):
    """Configuring a root component failed with an exception of another kind."""

    root_name: str
    affected_hostname: str | None
    exception_repr: str
    frames: tuple[Frame, ...] = ()

    order: ClassVar[int] = 4

    @classmethod
    def from_context(cls, root: Any, exception: BaseException, tb: Any) -> Any:
        frames = tuple(user_frames(tb))
        return cls(root.name, root.host.name, prepare_error(exception), frames)

    @property
    def root_host_name(self) -> str | None:
        """Name of the host that the root belongs to."""
        return self.affected_hostname

    @property
    def traceback(self) -> str:
        """The frames of the user's code."""
        return "\n".join(f"{frame}\n    {frame.source}" for frame in self.frames)

    def summary(self) -> str:
        return f"cannot configure component {self.root_name!r}: {self.exception_repr}"

    def rows(self) -> Rows:
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [*frame_rows(self.frames), *host]


@dataclass(eq=False)
class ErrorInComponent(ConfigurationError):
    """Another error, raised while a root component was configured."""

    root_name: str
    affected_hostname: str | None
    headline: str
    facts: Rows
    advice: str = ""
    location: Location | None = None

    order: ClassVar[int] = 4

    @classmethod
    def of(cls, root: Any, error: ReportingException) -> "ErrorInComponent":
        """*error*, as a fact about *root*."""
        facts = [*error.rows(), *frame_rows(user_frames(error.__traceback__))]
        return cls(
            root.name, root.host.name, error.summary(), facts, error.hint() or "", error.location
        )

    def summary(self) -> str:
        return self.headline

    def rows(self) -> Rows:
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [*self.facts, *host, ("Component", self.root_name)]

    def hint(self) -> str | None:
        return self.advice or None


@dataclass(eq=False)
class UnusedResources(ConfigurationError):
    """Resources are provided that nobody requires; *unused_resources*: (key, root, values)."""

    unused_resources: list[tuple[str, str, str]]

    order: ClassVar[int] = 5

    def summary(self) -> str:
        return "resources are provided, but nobody requires them"

    def rows(self) -> Rows:
        return [
            (key, f"provided by {root!r} with {values}")
            for key, root, values in self.unused_resources
        ]

    def hint(self) -> str | None:
        return "remove the provide(), or require the key with strict=False where it is optional"


@dataclass(eq=False)
class UnsatisfiedResources(ConfigurationError):
    """Required resources that nobody provides; entries: (key, host or None, [root names])."""

    unsatisfied_resources: list[tuple[str, str | None, list[str]]]
    known: list[str] = field(default_factory=list)

    order: ClassVar[int] = 6

    def summary(self) -> str:
        return "required resources are not provided by any component"

    def rows(self) -> Rows:
        return [
            (
                key,
                (f"on host {host!r}, " if host else "") + "required by " + ", ".join(roots),
            )
            for key, host, roots in self.unsatisfied_resources
        ]

    def hint(self) -> str | None:
        for key, host, _ in self.unsatisfied_resources:
            if host and key in self.known:
                return f"{key!r} is provided on other hosts only"
            if guess := closest(key, [name for name in self.known if name != key]):
                return guess
        return "assign a component that provides the key, or require it with strict=False"


@dataclass(eq=False)
class CycleErrorDetected(ConfigurationError):
    """Root components depend on each other in a circle; *path* is the circle, host: root."""

    path: list[str]
    keys: list[str] = field(default_factory=list)

    order: ClassVar[int] = 99

    @property
    def error_str(self) -> str:
        """The circle as text."""
        return " -> ".join([*self.path, self.path[0]] if self.path else [])

    def summary(self) -> str:
        return "components depend on each other in a circle"

    def rows(self) -> Rows:
        lines = [
            f"{a} needs {b}" + (f" for {key}" if key else "")
            for a, b, key in zip(
                self.path,
                [*self.path[1:], *self.path[:1]],
                self.keys or [""] * len(self.path),
                strict=False,
            )
        ]
        return [("Circle", "\n".join(lines))]

    def hint(self) -> str | None:
        return "break the circle: drop one require(), or turn its direction with reverse=True"


@dataclass(eq=False)
class NonConvergingWorkingSet(ConfigurationError):
    """Configuring did not come to an end; *roots*: host: root."""

    roots: list[str]

    order: ClassVar[int] = 100

    @property
    def roots_len(self) -> int:
        """Number of roots that did not settle."""
        return len(self.roots)

    @property
    def root_names(self) -> str:
        """Their names, comma separated."""
        return ", ".join(sorted(root.split(": ")[-1] for root in self.roots))

    def summary(self) -> str:
        count = len(self.roots)
        noun = "component was" if count == 1 else "components were"
        return f"the model does not converge: {count} {noun} still unfinished at the end"

    def rows(self) -> Rows:
        return [("Unfinished", "\n".join(sorted(self.roots)))]


@dataclass(eq=False)
class UnusedComponentsInitialized(ConfigurationError):
    """Components were created while configuring, but never added."""

    root_name: str
    affected_hostname: str | None
    unused_components: list[str]

    order: ClassVar[int] = 5

    def summary(self) -> str:
        return f"component {self.root_name!r} creates components but never adds them"

    def rows(self) -> Rows:
        return [("Created", "\n".join(self.unused_components))]

    def hint(self) -> str | None:
        return "add them with self += component"

    def _identity(self) -> dict[str, Any]:
        return super()._identity()


@dataclass(eq=False)
class ComponentWithUpdateWithoutVerify(ConfigurationError):
    """Components that have an ``update``, but no ``verify`` that could ask for it."""

    components: list[str]
    roots: list[str] = field(default_factory=list)

    order: ClassVar[int] = 5

    def summary(self) -> str:
        return "components have an update() but no verify(), so update() is never called"

    def rows(self) -> Rows:
        return [("Components", "\n".join(self.components))]

    def hint(self) -> str | None:
        return "add verify() and raise batou.UpdateNeeded in it when there is work to do"


@dataclass(eq=False)
class MissingEnvironment(ConfigurationError):
    """There is no such environment."""

    environment_name: str
    known: list[str] = field(default_factory=list)

    def summary(self) -> str:
        return f"there is no environment {self.environment_name!r}"

    def rows(self) -> Rows:
        return [("Expected", f"environments/{self.environment_name}/environment.cfg")]

    def hint(self) -> str | None:
        guess = closest(self.environment_name, self.known)
        known = f"environments here: {listing(self.known)}"
        return f"{guess} {known}" if guess else known


@dataclass(eq=False)
class ComponentLoadingError(ConfigurationError):
    """A ``component.py`` cannot be loaded."""

    filename: str
    exception_str: str
    traceback: str = ""
    location: Location | None = None
    facts: Rows = field(default_factory=list)

    def summary(self) -> str:
        return f"cannot load {self.filename!r}: {self.exception_str}"

    def rows(self) -> Rows:
        return self.facts


@dataclass(eq=False)
class MissingComponent(ConfigurationError):
    """An environment assigns a component that no ``component.py`` defines."""

    component_name: str
    affected_hostname: str | None
    known: list[str] = field(default_factory=list)
    location: Location | None = None

    def summary(self) -> str:
        return f"host {self.affected_hostname!r} asks for unknown component {self.component_name!r}"

    def rows(self) -> Rows:
        return []

    def hint(self) -> str | None:
        if not self.component_name:
            return "there is an empty name in the list, remove the superfluous comma"
        if "\n" in self.component_name:
            return "in a list with commas every line but the last must end with a comma"
        guess = closest(self.component_name, self.known)
        return guess or f"components here: {listing(self.known)}"


@dataclass(eq=False)
class SuperfluousSection(ConfigurationError):
    """``environment.cfg`` has a section that batou does not know."""

    section: str
    location: Location | None = None
    known: tuple[str, ...] = ()

    def summary(self) -> str:
        return f"unknown section [{self.section}]"

    def hint(self) -> str | None:
        guess = closest(self.section, self.known)
        return guess or "sections are " + ", ".join(f"[{name}]" for name in self.known)


@dataclass(eq=False)
class SuperfluousComponentSection(ConfigurationError):
    """Overrides are given for a component that does not exist."""

    component_name: str
    location: Location | None = None
    known: list[str] = field(default_factory=list)

    def summary(self) -> str:
        return f"section [component:{self.component_name}] is for a component that does not exist"

    def hint(self) -> str | None:
        return closest(self.component_name, self.known)


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
class InvalidIPAddressError(ConfigurationError):
    """A ``[resolver]`` entry is no IP address."""

    address: str
    location: Location | None = None

    def summary(self) -> str:
        return f"{self.address!r} is no IP address"

    def hint(self) -> str | None:
        return "write one address a line, like 192.0.2.10 or 2001:db8::10"


@dataclass(eq=False)
class IPAddressConfigurationError(ConfigurationError):
    """``listen`` or ``listen_v6`` was used for a family that is switched off."""

    address: Any
    kind: int

    def __post_init__(self) -> None:
        self.address = str(self.address)

    def summary(self) -> str:
        return f"IPv{self.kind} is not enabled for address {self.address!r}"

    def hint(self) -> str | None:
        return (
            f"set require_v{self.kind} = True in [environment], "
            f"or Address(..., require_v{self.kind}=True)"
        )


@dataclass(eq=False)
class InvalidSetting(ConfigurationError):
    """A value in ``environment.cfg`` cannot be understood."""

    section: str
    key: str
    value: str
    expected: str
    location: Location | None = None

    def summary(self) -> str:
        return f"[{self.section}] {self.key} = {self.value!r} cannot be understood"

    def rows(self) -> Rows:
        return [("Expected", self.expected)]


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
        return f"cannot read {self.path!r}: {self.problem}"

    def hint(self) -> str | None:
        return self.advice or None


@dataclass(eq=False)
class ComponentUsageError(ConfigurationError):
    """A library component is used wrongly."""

    message: str
    frames: tuple[Frame, ...] = ()

    order: ClassVar[int] = -1

    @classmethod
    def from_context(cls, message: str) -> Any:
        from batou.errors.tracebacks import stack_frame

        frame = stack_frame()
        return cls(message, (frame,) if frame else ())

    @property
    def traceback(self) -> str:
        """Where the component is used."""
        return "\n".join(f"{frame}\n    {frame.source}" for frame in self.frames)

    def summary(self) -> str:
        return self.message

    def rows(self) -> Rows:
        return frame_rows(self.frames)


@dataclass(eq=False)
class TemplatingError(ReportingException):
    """A template cannot be rendered."""

    exception_str: str
    template_identifier: str
    line: int = 0
    source: str = ""

    order: ClassVar[int] = 0

    @property
    def place(self) -> str:
        """The template, and the line in it."""
        return f"{self.template_identifier}:{self.line}" if self.line else self.template_identifier

    def summary(self) -> str:
        return f"cannot render template {self.template_identifier!r}: {self.exception_str}"

    def rows(self) -> Rows:
        template = [("Template", self.place)]
        return [*template, *([("Line", self.source)] if self.source else [])]


@dataclass(eq=False)
class GetAddressInfoError(ReportingException, socket.gaierror):
    """A name cannot be resolved."""

    hostname: str
    error: str

    order: ClassVar[int] = 0

    def summary(self) -> str:
        return f"cannot resolve {self.hostname!r}: {self.error}"

    def hint(self) -> str | None:
        name = self.hostname.rsplit(":", 1)[0]
        return f"check the name, or give its address in [resolver]: {name} = 192.0.2.10"


class ConfigureErrors(ReportingException):
    """All errors of configuring, wrapped; *errors* are in the order of reporting."""

    def __init__(self, errors: list[BaseException]) -> None:
        super().__init__(f"{len(errors)} errors while configuring")
        self.errors = errors

    def report(self) -> None:
        from batou.errors.merge import merged
        from batou.report import say

        for failure in merged(self.errors):
            say(failure)
