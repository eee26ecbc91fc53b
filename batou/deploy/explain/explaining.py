"""Explain a root component: make the model, and tell how its values came about."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from batou.component import Component, RootComponent
from batou.deploy.explain import loading
from batou.deploy.explain.attributes import (
    Subject,
    explained,
    further_names,
    overridable_names,
)
from batou.deploy.explain.explanation import Explained, Explanation
from batou.deploy.explain.hostfacts import Places, facts
from batou.deploy.explain.watching import watching_assignments
from batou.environment import Environment
from batou.errors import ConfigurationError, closest, listing
from batou.errors.base import Rows
from batou.report.masking import Masker


@dataclass(eq=False)
class UnknownName(ConfigurationError):
    """Something was asked for that does not exist; *where* says in what."""

    noun: str
    name: str
    where: str
    known: Sequence[str] = field(default_factory=list)

    order: ClassVar[int] = 0

    def summary(self) -> str:
        return f"there is no {self.noun} {self.name!r} {self.where}"

    def rows(self) -> Rows:
        return []

    def hint(self) -> str | None:
        return closest(self.name, self.known) or f"there are: {listing(self.known)}"


def explain(
    environment: Environment,
    host: str,
    component: str,
    attribute: str | None = None,
    masker: Masker | None = None,
    with_secrets: bool = False,
) -> tuple[Explanation | None, list[BaseException]]:
    """Configure a loaded environment, and explain *component* on *host*, or one attribute.

    Returns what can be explained, and all errors of the environment. A name that
    does not exist is one of them.
    """
    try:
        root = _root(environment, host, component)
    except UnknownName as error:
        is_broken = component.lower() in environment._unloadable
        return None, [*environment.exceptions, *([] if is_broken else [error])]
    with watching_assignments(root.factory) as seen:
        errors = loading.configure(environment)
    places = Places.of(environment, root.host)
    subject = Subject(root, seen, masker or Masker(), places.assignment)
    try:
        attributes = _attributes(subject, attribute)
    except UnknownName as error:
        return None, [*errors, error]
    explanation = Explanation(
        environment.name,
        root.host.name,
        root.name,
        () if attribute else tuple(facts(subject, places)),
        tuple(attributes),
        () if with_secrets else tuple(loading.unread_notes(environment)),
    )
    return explanation, errors


def _root(environment: Environment, host: str, component: str) -> RootComponent:
    try:
        found = environment.get_host(host)
    except KeyError:
        known = sorted({*environment.hosts, *environment.hostname_mapping})
        where = f"in environment {environment.name!r}"
        raise UnknownName("host", host, where, known) from None
    root = found.components.get(component) or found.components.get(component.lower())
    if root is None:
        raise UnknownName("component", component, f"on host {host!r}", sorted(found.components))
    return root


def _attributes(subject: Subject, attribute: str | None) -> list[Explained]:
    names = [*overridable_names(subject.kind), *further_names(subject)]
    if attribute is None:
        return [explained(subject, name) for name in names]
    if attribute not in names and not _is_value(subject.kind, attribute):
        where = f"in component {subject.root.name!r}"
        raise UnknownName("attribute", attribute, where, names)
    return [explained(subject, attribute)]


def _is_value(kind: type[Component], name: str) -> bool:
    """Whether *name* is an attribute that is explained only if it is asked for."""
    value = inspect.getattr_static(kind, name, None)
    return name == "workdir" or isinstance(value, property)
