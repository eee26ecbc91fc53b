"""Configure until nothing changes.

A round configures each root of the working set. The next working set are roots
that failed, roots that saw values which have changed since, and roots that lack
what they require. It ends when the working set is empty, or when it and what is
provided are as they were before: then the model does not converge.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from batou import graph
from batou.component.component import Component
from batou.component.prepare import Creation, watching_creation
from batou.errors import (
    ComponentWithUpdateWithoutVerify,
    ConfigurationError,
    CycleErrorDetected,
    ErrorInComponent,
    NonConvergingWorkingSet,
    ReportingException,
    SilentConfigurationError,
    UnknownComponentConfigurationError,
    UnsatisfiedResources,
    UnusedComponentsInitialized,
    UnusedResources,
)
from batou.errors.base import closest
from batou.errors.explaining import locate, place_of
from batou.errors.tracebacks import shown_path
from batou.resources import Resources

if TYPE_CHECKING:
    from batou.component.root import RootComponent


@dataclass
class Model:
    """What configuring has led to."""

    order: "list[RootComponent]" = field(default_factory=list)
    dependencies: "dict[RootComponent, dict[RootComponent, Any]]" = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)
    warnings: list[ConfigurationError] = field(default_factory=list)
    rounds: int = 0


class Rounds:
    """Configures *roots* with *resources*; *left_out* ones only when something asks for them."""

    def __init__(
        self,
        roots: "Iterable[RootComponent]",
        resources: Resources,
        left_out: "Iterable[RootComponent]" = (),
    ) -> None:
        self.roots = list(roots)
        self.resources = resources
        self.left_out = dict.fromkeys(left_out)
        self.is_whole = not self.left_out
        self.failures: dict[RootComponent, BaseException] = {}
        self.unadded: dict[RootComponent, UnusedComponentsInitialized] = {}
        self._readers: dict[RootComponent, set[RootComponent]] = {}
        self._fixed: set[RootComponent] = set()
        self._current: RootComponent | None = None
        for root in self.left_out:
            root._on_demand = self.on_demand

    def run(self) -> Model:
        """Configure, and tell what came out of it."""
        model = Model()
        with _collecting_rarely():
            self._settle(list(self.roots), model)
        self._conclude(model)
        self._fixed = set(self.roots)
        return model

    def _settle(self, working: "list[RootComponent]", model: Model) -> None:
        """Rounds until nothing changes; *model* is told if that does not happen."""
        history: list[list[RootComponent]] = []
        seen: dict[Any, int] = {}
        while working:
            model.rounds += 1
            seen[self._state(working)] = len(history)
            history.append(working)
            working = self._round(working)
            first = seen.get(self._state(working))
            if first is None and len(history) > 100 + 2 * len(self.roots):
                first = len(history) - 10
            if first is None or not working:
                continue
            if self.left_out and self.resources.unsatisfied():
                working, seen = [*working, *self._admit(*self.left_out)], {}
                continue
            restless = {root for roots in history[first:] for root in roots} - self._explained()
            names = [name_of(root) for root in self.roots if root in restless]
            if names:
                model.errors.append(NonConvergingWorkingSet(names))
            return

    def _explained(self) -> "set[RootComponent]":
        """Roots that are unfinished for a reason that is reported anyway."""
        return {*self.failures}.union(*(roots for _, _, roots in self.resources.unsatisfied()))

    def _state(self, working: "list[RootComponent]") -> Any:
        provided = frozenset(
            (key, root, len(values))
            for key, roots in self.resources.resources.items()
            for root, values in roots.items()
        )
        return frozenset(working), provided

    def _round(self, working: "list[RootComponent]") -> "list[RootComponent]":
        """Configure *working*; returns which roots have to be configured again."""
        self.resources.dirty_dependencies.clear()
        for root in self._in_order(working):
            self._configure(root)
        again = {*self.failures, *self.resources.dirty_dependencies}
        for _, _, roots in self.resources.unsatisfied():
            again.update(roots)
        again -= self._fixed
        return [root for root in self.roots if root in again]

    def _in_order(self, working: "list[RootComponent]") -> "list[RootComponent]":
        """*working*, providers before those that require them as far as is known by now."""
        edges = self.resources.dependencies()
        wanted = set(working)
        try:
            return graph.order({root: wanted & edges.get(root, {}).keys() for root in working})
        except graph.CycleError:
            return working

    def _configure(self, root: "RootComponent") -> None:
        self.resources.begin(root)
        self.failures.pop(root, None)
        self.unadded.pop(root, None)
        self.resources.dirty_dependencies.discard(root)
        outer, self._current = self._current, root
        try:
            root.overrides = root.environment.overrides.get(root.name, {})
            with watching_creation() as created:
                root.prepare()
            self._note_unadded(root, created)
        except (ConfigurationError, SilentConfigurationError) as error:
            self.failures[root] = _attributed(error, root)
        except ReportingException as error:
            self.failures[root] = ErrorInComponent.of(root, error)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, too: a component must not end the run
            self.failures[root] = UnknownComponentConfigurationError.from_context(
                root, error, error.__traceback__
            )
        finally:
            self._current = outer
            self.resources.settle(root)
            self.resources.dirty_dependencies |= self._readers.pop(root, set())

    def _note_unadded(self, root: "RootComponent", created: list[Creation]) -> None:
        unadded = [creation for creation in created if not creation.component._prepared]
        if unadded:
            self.unadded[root] = UnusedComponentsInitialized(
                root.name,
                root.host.name,
                [type(creation.component).__name__ for creation in unadded],
                [creation.creator._breadcrumbs if creation.creator else "" for creation in unadded],
                [shown_path(creation.path) for creation in unadded],
                [creation.line for creation in unadded],
            )

    # What was left out

    def on_demand(self, root: "RootComponent") -> None:
        """Configure *root*, which was left out, because somebody asks for its component.

        If it requires resources, others that were left out may provide them, so
        they have to be configured, too. Whoever asks while it is configured
        itself is configured again when *root* is.
        """
        is_new = root in self.left_out
        if self._current is None:
            if is_new:
                self._settle(self._admit(root), Model())
            if root in self.failures:
                raise self.failures[root]
            return
        if is_new:
            self._admit(root)
            self._configure(root)
            if self.resources.is_requiring(root):
                self.resources.dirty_dependencies.update(self._admit(*self.left_out))
        if root is not self._current:
            self._readers.setdefault(root, set()).add(self._current)

    def _admit(self, *roots: "RootComponent") -> "list[RootComponent]":
        for root in roots:
            del self.left_out[root]
            self.roots.append(root)
        return list(roots)

    # The end

    def _conclude(self, model: Model) -> None:
        edges = self.resources.dependencies()
        model.dependencies = {root: edges.get(root, {}) for root in self.roots}
        try:
            model.order = graph.order(model.dependencies, self.roots)
        except graph.CycleError:
            circle = _cycle(model.dependencies, self.resources)
            model.errors = [e for e in model.errors if not _is_explained_by(circle, e)]
            model.errors.append(circle)
            model.order = list(self.roots)
        model.errors.extend(filter(is_failure, self.failures.values()))
        model.errors.extend(self._resource_errors(only_missing=bool(self.failures)))
        model.warnings.extend(self.unadded.values())
        model.warnings.extend(without_verify(self.roots))

    def _resource_errors(self, only_missing: bool) -> Iterable[ConfigurationError]:
        known = sorted(map(str, self.resources.resources))
        missing, places = [], []
        for key, host, roots in self.resources.unsatisfied():
            names = sorted({name_of(root) for root in roots})
            missing.append((str(key), host.name if host else None, names))
            places.append(
                shown_places(self.resources.place(root, key, "requires") for root in roots)
            )
        if missing:
            has_failures = any(map(is_failure, self.failures.values()))
            yield UnsatisfiedResources(missing, known, places, has_failures)
        if only_missing or not self.is_whole:
            return
        unused, places = [], []
        for key, root, values in self.resources.unused():
            if any(closest(wanted, [str(key)]) for wanted, _, _ in missing):
                continue  # it is what was meant there
            unused.append((str(key), name_of(root), ", ".join(map(repr, values))))
            places.append(shown_places([self.resources.place(root, key, "provides")]))
        if unused:
            yield UnusedResources(unused, places)


def _attributed(error: Exception, root: "RootComponent") -> Exception:
    """*error*, which may have been raised without saying about which component."""
    if isinstance(error, ConfigurationError):
        locate(error)
        error.affected_hostname = error.affected_hostname or root.host.name
        if getattr(error, "component_breadcrumbs", "") is None:
            error.component_breadcrumbs = root.name
    return error


def is_failure(error: BaseException) -> bool:
    """Whether *error* says more than that a resource is missing."""
    return not isinstance(error, SilentConfigurationError)


def shown_places(places: Iterable[tuple[str, int] | None]) -> str:
    """Different places in the code, for people."""
    return ", ".join(dict.fromkeys(f"{shown_path(p[0])}:{p[1]}" for p in places if p))


def name_of(root: "RootComponent") -> str:
    """A root for people: ``host: component``."""
    return f"{root.host.name}: {root.name}"


def _cycle(
    dependencies: "dict[RootComponent, dict[RootComponent, Any]]", resources: Resources
) -> CycleErrorDetected:
    path = graph.cycle(dependencies)
    steps = [(a, b, dependencies[a].get(b)) for a, b in pairwise([*path, path[0]])]
    return CycleErrorDetected(
        [name_of(root) for root in path],
        [repr(key) for _, _, key in steps],
        [
            shown_places(
                [resources.place(a, key, "requires") or resources.place(b, key, "requires")]
            )
            for a, b, key in steps
        ],
    )


def _is_explained_by(circle: CycleErrorDetected, error: BaseException) -> bool:
    """Whether *error* says no more than that the roots of *circle* never settle."""
    return isinstance(error, NonConvergingWorkingSet) and set(error.roots) <= set(circle.path)


def without_verify(roots: "Iterable[RootComponent]") -> list[ConfigurationError]:
    """A warning about classes with an update that is never called."""
    kinds: dict[type, str] = {}
    for root in roots:
        top = root._component
        if top is None:
            continue
        for component in (top, *getattr(top, "recursive_sub_components", ())):
            kind = type(component)
            if kind not in kinds and kind.update is not Component.update:
                if kind.verify is Component.verify:
                    place = place_of(component, "update")
                    where = f", {place.shown()}" if place else ""
                    kinds[kind] = f"{kind.__name__} in component {root.name!r}{where}"
    return [ComponentWithUpdateWithoutVerify(sorted(kinds.values()))] if kinds else []


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Look for garbage seldom: a model is large, and nearly all of it stays."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], 200_000) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
