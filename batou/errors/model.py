"""What can be wrong in the model: resources, their order, and what is never used."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from batou.errors.base import Rows, closest
from batou.errors.configuration import ConfigurationError
from batou.errors.texts import clipped

LONGEST_VALUE = 60
"""Characters of a provided value that are shown."""


@dataclass(eq=False)
class UnusedResources(ConfigurationError):
    """Resources are provided that nobody requires; *unused_resources*: (key, root, values)."""

    unused_resources: list[tuple[str, str, str]]
    places: list[str] = field(default_factory=list)

    order: ClassVar[int] = 5

    def summary(self) -> str:
        return "resources are provided, but nobody requires them"

    def rows(self) -> Rows:
        by_key: dict[str, list[str]] = {}
        for key, root, values in self.unused_resources:
            by_key.setdefault(key, []).append(f"{root} with {clipped(values, LONGEST_VALUE)}")
        listed = [(key, "provided by " + "\n".join(roots)) for key, roots in by_key.items()]
        return [*_where(self.places), *listed]

    def hint(self) -> str | None:
        return "remove the provide(), or require the key with strict=False where it is optional"


class SecretWithheld(ConfigurationError):
    """A component asks on a host for a secret that the host was not given."""

    def __init__(self, what: str, component: Any = None) -> None:
        super().__init__(f"this host was not given {what}", component)
        self.advice = (
            "a host is given what its components read in configure(): "
            "read it there and keep it in an attribute"
        )


@dataclass(eq=False)
class UnsatisfiedResources(ConfigurationError):
    """Required resources that nobody provides; entries: (key, host or None, [root names])."""

    unsatisfied_resources: list[tuple[str, str | None, list[str]]]
    known: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    has_failures: bool = False

    order: ClassVar[int] = 6

    def summary(self) -> str:
        return "required resources are not provided by any component"

    def rows(self) -> Rows:
        listed = [
            (
                key,
                (f"on host {host!r}, " if host else "") + "required by " + ", ".join(roots),
            )
            for key, host, roots in self.unsatisfied_resources
        ]
        return [*_where(self.places), *listed]

    def hint(self) -> str | None:
        for key, host, _ in self.unsatisfied_resources:
            if host and key in self.known:
                return f"{key!r} is provided on other hosts only"
            if guess := closest(key, [name for name in self.known if name != key]):
                return guess
        if self.has_failures:
            return "this may follow from the errors above"
        return "assign a component that provides the key, or require it with strict=False"


def _where(places: list[str]) -> Rows:
    lines = dict.fromkeys(place for text in places for place in text.split(", ") if place)
    return [("Where", "\n".join(lines))] if lines else []


@dataclass(eq=False)
class CycleErrorDetected(ConfigurationError):
    """Root components depend on each other in a circle.

    *path* is the circle, host: root; *keys* are what each needs of the next one, *places*
    where it says so.
    """

    path: list[str]
    keys: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    order: ClassVar[int] = 99

    @property
    def error_str(self) -> str:
        """The circle as text."""
        return " -> ".join([*self.path, self.path[0]] if self.path else [])

    def summary(self) -> str:
        return "components depend on each other in a circle"

    def rows(self) -> Rows:
        lines = []
        for number, needing in enumerate(self.path):
            needed = self.path[(number + 1) % len(self.path)]
            key, place = ("".join(texts[number : number + 1]) for texts in (self.keys, self.places))
            lines.append(
                f"{needing} needs {needed}"
                + (f" for {key}" if key else "")
                + (f", {place}" if place else "")
            )
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

    def hint(self) -> str | None:
        return "what they provide depends on each other, and changes each time they are configured"


@dataclass(eq=False)
class UnusedComponentsInitialized(ConfigurationError):
    """Components were created while configuring, but never added (a warning).

    For each of *unused_components*, names of classes: the component whose
    ``configure`` created it, the file and the line.
    """

    root_name: str
    affected_hostname: str | None
    unused_components: list[str]
    breadcrumbs: list[str]
    init_file_paths: list[str]
    init_line_numbers: list[int]

    order: ClassVar[int] = 5

    def summary(self) -> str:
        return f"component {self.root_name!r} creates components but never adds them"

    def rows(self) -> Rows:
        places = zip(
            self.unused_components,
            self.breadcrumbs,
            self.init_file_paths,
            self.init_line_numbers,
            strict=True,
        )
        lines = [
            f"{name} in {path}:{line}" + (f", by {creator}" if creator else "")
            for name, creator, path, line in places
        ]
        return [("Created", "\n".join(lines))]

    def hint(self) -> str | None:
        return "add them with self += component"


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
