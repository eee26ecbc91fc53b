"""`RootComponent`: a component that is assigned to a host."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from batou.report import output

if TYPE_CHECKING:
    from batou.component.component import Component
    from batou.host import Host

_places = count()


class RootComponent:
    """The top of a tree: a definition, deployed to a host.

    `component` is made anew each time the root is configured.
    """

    ignore = False

    def __init__(
        self,
        name: str,
        environment: Any,
        host: "Host",
        features: Sequence[str],
        ignore: bool,
        factory: "type[Component]",
        defdir: str,
        workdir: str,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.environment = environment
        self.host = host
        self.features = features
        self.ignore = ignore
        self.factory = factory
        self.defdir = defdir
        self.workdir = workdir
        self.overrides: dict[str, Any] = dict(overrides or {})
        self._index = next(_places)
        self._component: Component | None = None
        self._logs: list[tuple[str, tuple[Any, ...]]] | None = None
        self._receivers: Any = None
        self._on_demand: Callable[[RootComponent], None] | None = None

    @property
    def component(self) -> Any:
        """The component, as it was configured last.

        On a host, roots that it does not need itself are configured when they
        are asked for.
        """
        if self._on_demand is not None:
            self._on_demand(self)
        if self._component is None:
            raise AttributeError(f"component {self.name!r} on {self.host.name!r} is not configured")
        return self._component

    @component.setter
    def component(self, value: "Component") -> None:
        self._component = value
        self._receivers = None

    @property
    def _breadcrumbs(self) -> str:
        return self.host.name

    def prepare(self) -> None:
        """Make the component, and configure it."""
        self._logs = []
        component = self.factory()
        self.component = component
        if self.features:
            component.features = self.features  # type: ignore[attr-defined]  # users declare it
        component.prepare(self)

    def log(self, message: str, *args: Any) -> None:
        """Print *message*; while configuring, it is kept until the model is complete."""
        text = formatted(message, args)  # now, so that what is wrong with it shows at the caller
        if self._logs is None:
            output.annotate(f"{self.host.fqdn}: {text}")
        else:
            self._logs.append((text, ()))

    def log_finish_configure(self) -> None:
        """Print what was logged while configuring; from now on messages appear at once."""
        for message, args in self._logs or []:
            output.annotate(formatted(message, args))
        self._logs = None

    def __repr__(self) -> str:
        return f'<RootComponent "{self.name}" object at {id(self):#x}>'


def formatted(message: Any, args: tuple[Any, ...]) -> str:
    """*message* with *args* put in; without any, it stands as it is.

    >>> formatted("100% done", ()), formatted("%s is up", ("web",))
    ('100% done', 'web is up')
    """
    return str(message) % args if args else str(message)
