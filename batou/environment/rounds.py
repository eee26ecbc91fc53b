"""Configure until nothing changes.

A round configures each root of the working set. The next working set are roots
that failed, roots that saw values which have changed since, and roots that lack
what they require. It ends when the working set is empty, or when it and what is
provided are as they were before: then the model does not converge.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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
    """Configures *roots* with *resources*; *is_whole* unless some roots are left out."""

    def __init__(
        self, roots: "Sequence[RootComponent]", resources: Resources, is_whole: bool = True
    ) -> None:
        self.roots = list(roots)
        self.resources = resources
        self.is_whole = is_whole
        self.failures: dict[RootComponent, BaseException] = {}
        self.unadded: dict[RootComponent, UnusedComponentsInitialized] = {}

    def run(self) -> Model:
        """Configure, and tell what came out of it."""
        model = Model()
        working, seen = list(self.roots), set()
        while working:
            model.rounds += 1
            seen.add(self._state(working))
            again = self._round(working)
            if again and self._state(again) in seen:
                model.errors.append(NonConvergingWorkingSet([name_of(root) for root in again]))
                break
            working = again
        self._conclude(model)
        return model

    def _state(self, working: "list[RootComponent]") -> Any:
        provided = frozenset(
            (key, root, len(values))
            for key, roots in self.resources.resources.items()
            for root, values in roots.items()
        )
        return frozenset(working), provided

    def _round(self, working: "list[RootComponent]") -> "list[RootComponent]":
        self.resources.dirty_dependencies.clear()
        for root in self._in_order(working):
            self._configure(root)
        again = {*self.failures, *self.resources.dirty_dependencies}
        for _, _, roots in self.resources.unsatisfied():
            again.update(roots)
        return [root for root in self.roots if root in again]

    def _in_order(self, working: "list[RootComponent]") -> "list[RootComponent]":
        """*working*, providers before those that require them as far as is known by now."""
        edges = self.resources.dependencies()
        if not edges:
            return working
        wanted = set(working)
        try:
            ordered = graph.order({root: edges.get(root, ()) for root in self.roots}, self.roots)
        except graph.CycleError:
            return working
        return [root for root in ordered if root in wanted]

    def _configure(self, root: "RootComponent") -> None:
        self.resources.begin(root)
        self.failures.pop(root, None)
        self.unadded.pop(root, None)
        self.resources.dirty_dependencies.discard(root)
        root.overrides = root.environment.overrides.get(root.name, {})
        try:
            with watching_creation() as created:
                root.prepare()
            self._note_unadded(root, created)
        except (ConfigurationError, SilentConfigurationError) as error:
            self.failures[root] = error
        except ReportingException as error:
            self.failures[root] = ErrorInComponent.of(root, error)
        except Exception as error:
            self.failures[root] = UnknownComponentConfigurationError.from_context(
                root, error, error.__traceback__
            )
        finally:
            self.resources.settle(root)

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

    def on_demand(self, root: "RootComponent") -> None:
        """Configure a root that was left out, because another one asks for it."""
        root._on_demand = None
        self.roots.append(root)
        self._configure(root)

    # The end

    def _conclude(self, model: Model) -> None:
        edges = self.resources.dependencies()
        model.dependencies = {root: edges.get(root, {}) for root in self.roots}
        try:
            model.order = graph.order(model.dependencies, self.roots)
        except graph.CycleError:
            model.errors.append(_cycle(model.dependencies))
            model.order = list(self.roots)
        model.errors.extend(
            error
            for error in self.failures.values()
            if not isinstance(error, SilentConfigurationError)
        )
        model.errors.extend(self._resource_errors(only_missing=bool(self.failures)))
        model.warnings.extend(self.unadded.values())
        model.warnings.extend(without_verify(self.roots))

    def _resource_errors(self, only_missing: bool) -> Iterable[ConfigurationError]:
        known = sorted(map(str, self.resources.resources))
        missing = [
            (str(key), host.name if host else None, sorted({name_of(root) for root in roots}))
            for key, host, roots in self.resources.unsatisfied()
        ]
        if missing:
            yield UnsatisfiedResources(missing, known)
        if only_missing or not self.is_whole:
            return
        unused = [
            (str(key), name_of(root), ", ".join(map(repr, values)))
            for key, root, values in self.resources.unused()
        ]
        if unused:
            yield UnusedResources(unused)


def name_of(root: "RootComponent") -> str:
    """A root for people: ``host: component``."""
    return f"{root.host.name}: {root.name}"


def _cycle(dependencies: "dict[RootComponent, dict[RootComponent, Any]]") -> CycleErrorDetected:
    path = graph.cycle(dependencies)
    following = [*path[1:], *path[:1]]
    keys = [repr(dependencies[a].get(b)) for a, b in zip(path, following, strict=True)]
    return CycleErrorDetected([name_of(root) for root in path], keys)


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
                    kinds[kind] = f"{kind.__name__} in component {root.name!r}"
    return [ComponentWithUpdateWithoutVerify(sorted(kinds.values()))] if kinds else []
