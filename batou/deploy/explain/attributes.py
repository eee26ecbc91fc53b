"""The attributes of a root's component: their values, and the steps that led there."""

import functools
import inspect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from batou.component import NO_DEFAULT, Attribute, Component, ConfigString, RootComponent
from batou.deploy.explain import source
from batou.deploy.explain.explanation import Explained, Step
from batou.deploy.explain.watching import CONTAINERS, Assignment, Assignments, looks
from batou.environment import Environment, Secret
from batou.errors import Location
from batou.report.masking import Masker
from batou.resources import same_values

SECRET = "<secret>"
NOTHING = "<no value>"
FAILED = "<no value: what the environment says does not fit>"


@dataclass
class Subject:
    """What is explained; *seen* is what was set while the model was made."""

    root: RootComponent
    seen: Assignments
    masker: Masker
    features_place: Location | None = None

    @property
    def kind(self) -> type[Component]:
        """The class of the root's component."""
        return self.root.factory

    @property
    def component(self) -> Any:
        """The component, as far as it was configured; None if it could not be made."""
        return self.root._component

    @property
    def environment(self) -> Environment:
        """The environment that it belongs to."""
        environment: Environment = self.root.environment
        return environment

    @property
    def overrides(self) -> dict[str, Any]:
        """What the environment and its secrets override."""
        return self.environment.overrides.get(self.root.name, {})

    @property
    def assignments(self) -> list[Assignment]:
        """What was set on the component, in this order."""
        return self.seen.to(self.component)

    def text(self, value: Any) -> str:
        """*value* as Python would write it, without secrets."""
        return SECRET if isinstance(value, Secret) else self.masker.mask(safe_repr(value))


def safe_repr(value: Any) -> str:
    """The repr of *value*, also if its class cannot tell."""
    try:
        return " ".join(repr(value).split("\n"))
    except Exception as error:
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"


def is_overridable(kind: type, name: str) -> bool:
    """Whether *name* is something that ``[component:…]`` may set."""
    if name.startswith("_") or hasattr(Component, name):
        return False
    value = inspect.getattr_static(kind, name, None)
    if isinstance(value, property):
        return value.fset is not None
    if isinstance(value, (functools.cached_property, classmethod, staticmethod)):
        return False
    return hasattr(kind, name) and (isinstance(value, Attribute) or not callable(value))


def overridable_names(kind: type) -> list[str]:
    """All attributes that may be overridden, those of the class itself first, as written."""
    names = dict.fromkeys(name for cls in reversed(source.own_bases(kind)) for name in vars(cls))
    return [name for name in names if is_overridable(kind, name)]


def further_names(subject: Subject) -> list[str]:
    """What was set beyond that, in the order of setting."""
    known = {*overridable_names(subject.kind), *dir(Component), "parent", "sub_components"}
    return [
        name
        for name in dict.fromkeys(assignment.name for assignment in subject.assignments)
        if name not in known
    ]


def explained(subject: Subject, name: str) -> Explained:
    """The attribute *name*."""
    is_secret = isinstance(subject.overrides.get(name), Secret)
    value, problem = _value(subject, name)
    steps = list(_steps(subject, name, is_secret))
    if not problem and not _is_unset(subject, name):
        steps.extend(_changed(subject, name, value, steps))
    shown = SECRET if is_secret else subject.text(value)
    return Explained(
        name,
        problem or shown,
        tuple(steps),
        "" if problem else type(value).__name__,
        None if problem else shown if is_secret else plain(value, subject),
        is_overridable(subject.kind, name),
        is_secret,
    )


def plain(value: Any, subject: Subject) -> Any:
    """*value* as JSON can have it; what it cannot have becomes text."""
    if isinstance(value, str):
        return SECRET if isinstance(value, Secret) else subject.masker.mask(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item, subject) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {subject.masker.mask(key): plain(item, subject) for key, item in value.items()}
    return subject.text(value)


def _value(subject: Subject, name: str) -> tuple[Any, str]:
    """The value in force, and why there is none."""
    component = subject.component
    if component is None:
        return None, "<not known, because the component could not be configured>"
    if _is_unset(subject, name):
        return _intended(subject, name)
    declared = inspect.getattr_static(subject.kind, name, None)
    if isinstance(declared, Attribute) and declared.default is NO_DEFAULT:
        if name not in component.__dict__:
            return None, NOTHING
    try:
        return getattr(component, name), ""
    except Exception as error:
        return None, subject.masker.mask(f"<no value: {type(error).__name__}: {error}>")


def _is_unset(subject: Subject, name: str) -> bool:
    """Whether the environment gives a value that was not set: some value does not fit."""
    return name in subject.overrides and not any(
        assignment.name == name and assignment.kind == "override"
        for assignment in subject.assignments
    )


def _intended(subject: Subject, name: str) -> tuple[Any, str]:
    """The value that the environment means, and why it is none."""
    declared = inspect.getattr_static(subject.kind, name, None)
    value = subject.overrides[name]
    if not isinstance(declared, Attribute):
        return str(value), ""
    try:
        return declared.from_config_string(subject.component, value), ""
    except Exception:
        return None, FAILED


# Steps


def _in_force(subject: Subject, name: str) -> list[Assignment]:
    """What was set, the last one being in force.

    Arguments of the constructor win over what the environment says about
    attributes that are declared, and lose for others.
    """
    is_declared = isinstance(inspect.getattr_static(subject.kind, name, None), Attribute)
    argument = 2.5 if is_declared else 0
    rank = {"features": 1, "override": 2, "constructor": argument, "configure": 3}
    own = [assignment for assignment in subject.assignments if assignment.name == name]
    return sorted(own, key=lambda assignment: rank[assignment.kind])


def _steps(subject: Subject, name: str, is_secret: bool) -> Iterator[Step]:
    yield from _defaults(subject, name)
    own = _in_force(subject, name)
    if name in subject.overrides and not any(a.kind == "override" for a in own):
        yield _override(subject, name)  # it does not fit, so it was not set
    steps = (
        _override(subject, name)
        if assignment.kind == "override"
        else _set(subject, assignment, is_secret)
        for assignment in own
    )
    for _, same in itertools.groupby(steps, key=lambda step: (step.place, step.how)):
        yield list(same)[-1]  # code that ran several times set it for good the last time


def _defaults(subject: Subject, name: str) -> Iterator[Step]:
    base = subject.environment.base_dir
    for cls in source.own_bases(subject.kind):
        if name not in vars(cls):
            continue
        place = source.attribute_place(cls, name, base) or source.class_place(cls, base)
        value = vars(cls)[name]
        if isinstance(value, (property, functools.cached_property)):
            yield Step("property", "computed by a property", "", place)
        elif isinstance(value, Attribute) and value.default is NO_DEFAULT:
            yield Step("default", "no default", "", place)
        else:
            default = value.default if isinstance(value, Attribute) else value
            yield Step("default", "default", subject.text(default), place)


def _override(subject: Subject, name: str) -> Step:
    value = subject.overrides[name]
    place = subject.environment._override_locations.get((subject.root.name, name))
    if isinstance(value, Secret):
        return Step("secret", "secret", SECRET, place)
    note = f"[component:{subject.root.name}]"
    return Step("override", "override", subject.text(value), place, note)


def _set(subject: Subject, assignment: Assignment, is_secret: bool) -> Step:
    base = subject.environment.base_dir
    looked = assignment.looked or safe_repr(assignment.value)
    is_hidden = is_secret or isinstance(assignment.value, Secret)
    value = SECRET if is_hidden else subject.masker.mask(looked)
    if assignment.kind == "constructor":
        place = source.argument_place(subject.kind, assignment.name, base)
        return Step("constructor", "set in __init__()", value, place)
    if assignment.kind == "features":
        return Step("features", "features of the assignment", value, subject.features_place)
    place = Location(source.shown(assignment.path, base), assignment.line)
    return Step("configure", f"set in {assignment.function}", value, place)


def _changed(subject: Subject, name: str, value: Any, steps: list[Step]) -> Iterator[Step]:
    """A step for a value that is no longer what the last of *steps* made it."""
    own = _in_force(subject, name)
    if own:
        before, looked = own[-1].value, own[-1].looked
    elif steps and steps[-1].kind == "default":
        declared = inspect.getattr_static(subject.kind, name)
        before = declared.default if isinstance(declared, Attribute) else declared
        if isinstance(declared, Attribute) and isinstance(before, ConfigString):
            return
        looked = looks(before)
    else:
        return
    if isinstance(value, CONTAINERS) and type(value) is type(before):
        if looked == repr(value):
            return
    elif same_values(before, value):
        return
    places = source.mutation_places(subject.kind, name, subject.environment.base_dir)
    note = ", ".join(map(str, places[1:3]))
    yield Step("changed", "changed in place", "", places[0] if places else None, note)
