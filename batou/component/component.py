"""`Component`: the vocabulary of everybody who writes deployments."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

from batou.component import breadcrumb as names
from batou.component import freshness
from batou.component.expansion import context, expand, expand_command
from batou.component.prepare import note_creation, prepare, take_arguments
from batou.goal import Goal
from batou.process import cmd as run_command
from batou.report.timing import Timer
from batou.template import engine

if TYPE_CHECKING:
    from typing_extensions import Self

    from batou.component.root import RootComponent
    from batou.host import Host


class Component:
    """A piece of target state.

    Subclasses say in `configure` what belongs to it, in `verify` whether it is as
    it should be, and in `update` how to get there. Class attributes are the
    keyword arguments of the constructor; *namevar* names the one that is given
    without a keyword.

    Raises ValueError for unknown keywords and for a missing or superfluous
    namevar.
    """

    namevar: ClassVar[str | None] = None
    workdir: Any = None
    parent: Any
    _: Any = None
    changed = False
    """Whether this or a sub-component needed an update in this run."""

    _prepared = False
    _given: tuple[str, ...] = ()
    _platform_component: Any = None
    sub_components: "list[Component]"

    def __init__(self, namevar: Any = None, **kw: Any) -> None:
        take_arguments(self, namevar, kw)
        note_creation(self)

    # Where the component stands

    @property
    def root(self) -> "RootComponent":
        """The root component that this belongs to."""
        parent = self.parent
        while isinstance(parent, Component):
            parent = parent.parent
        root: RootComponent = parent
        return root

    @property
    def host(self) -> "Host":
        """The host that this is deployed to."""
        return self.root.host

    @property
    def environment(self) -> Any:
        """The environment that this belongs to."""
        return self.root.environment

    @property
    def defdir(self) -> str:
        """The directory of the ``component.py`` that defines the root component."""
        return self.root.defdir

    @property
    def recursive_sub_components(self) -> "Iterator[Component]":
        """All components below, each before those below itself."""
        for sub_component in self.sub_components:
            yield sub_component
            yield from sub_component.recursive_sub_components

    # What subclasses override

    def configure(self) -> None:
        """Build the model: add sub-components, provide and require resources.

        May be called many times, each time on a new instance; must not change
        the host. The current directory is `defdir`.
        """

    def verify(self) -> None:
        """Raise `batou.UpdateNeeded` if `update` has work to do.

        Takes ``predicting=False``, too, if it wants to know. The current
        directory is `workdir`.
        """

    def update(self) -> None:
        """Make the host as it should be. The current directory is `workdir`."""

    def last_updated(self, *args: Any, **kw: Any) -> float | None:
        """When this last changed, in seconds since the epoch; None if it is missing.

        Subclasses take what keywords they like; `assert_component_is_current`
        passes its own on.
        """
        raise NotImplementedError(f"{type(self).__name__} does not know when it was last updated")

    def __enter__(self) -> Any:
        """Set up what `verify` and `update` need; also when predicting."""
        return self

    def __exit__(
        self,
        type: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> Any:
        """Undo what `__enter__` did."""
        return None

    # Building the model

    def prepare(self, parent: Any) -> None:
        """Make this part of the tree of *parent*, and configure it."""
        prepare(self, parent)

    def __add__(self, component: "Component | None") -> "Self":
        """Add a sub-component: configured now, deployed before this."""
        if component is not None:
            _check(component)
            _check_attached(self)
            _check_no_circle(self, component)
            self.sub_components.append(component)
            self.__or__(component)
            component.parent = self
            if self._prepared:
                self.root._receivers = None
        return self

    def __or__(self, component: "Component | None") -> "Self":
        """Configure a component without adding it: it is not deployed."""
        if component is not None:
            _check(component)
            if not component._prepared:
                component.prepare(self)
        self._ = component
        return self

    def provide(self, key: Any, value: Any) -> None:
        """Offer *value* to whoever requires *key*."""
        root = self.root
        root.environment.resources.provide(root, key, value)

    def require(
        self,
        key: Any,
        host: "Host | None" = None,
        strict: bool = True,
        reverse: bool = False,
        dirty: bool = False,
    ) -> list[Any]:
        """All values provided under *key*, in the order of the environment.

        Only those of *host* if given. *strict*: it is an error if there are none
        in the end. *reverse*: the providers are deployed after this instead of
        before. *dirty*: do not configure this again when they change.
        """
        root = self.root
        values: list[Any] = root.environment.resources.require(
            root, key, host, strict, reverse, dirty
        )
        return values

    def require_one(
        self,
        key: Any,
        host: "Host | None" = None,
        strict: bool = True,
        reverse: bool = False,
        dirty: bool = False,
    ) -> Any:
        """The one value provided under *key*; see `require`.

        Raises KeyError if there are several. If there is none yet, configuring
        ends here and is tried again later; with *strict* off, None.
        """
        values = self.require(key, host, strict, reverse, dirty)
        if len(values) > 1:
            where = f" on host {host.name!r}" if host is not None else ""
            providers = self.root.environment.resources.providers(key, host)
            names = sorted(f"{root.host.name}: {root.name}" for root in providers)
            raise KeyError(
                f"resource {key!r} is wanted once, but provided {len(values)} times{where}, by "
                + ", ".join(names)
            )
        if values:
            return values[0]
        if strict:
            from batou.errors import SilentConfigurationError

            raise SilentConfigurationError
        return None

    @classmethod
    def _add_platform(cls, name: str, component: "type[Component]") -> None:
        """Make *component* the companion of this class on platform *name*."""
        if "_platforms" not in cls.__dict__:
            cls._platforms = {}
        cls._platforms[name] = component

    _platforms: ClassVar[dict[str, "type[Component]"]]

    # Deploying

    def deploy(self, predict_only: bool = False) -> None:
        """Verify and update this and all below it."""
        from batou.component.apply import apply

        apply(self, Goal.PREDICT if predict_only else Goal.DEPLOY)

    @cached_property
    def timer(self) -> Timer:
        """How long the steps of this component took."""
        return self._timer

    @cached_property
    def _timer(self) -> Timer:
        return Timer(type(self).__name__)

    def log(self, message: str, *args: Any) -> None:
        """Print *message*, with *args* put in as ``%`` does."""
        self.root.log(message, *args)

    # Questions for verify

    def assert_cmd(self, *args: Any, **kw: Any) -> None:
        """Raise UpdateNeeded if the command fails; see `cmd`."""
        from batou.errors import CmdExecutionError, UpdateNeeded

        try:
            self.cmd(*args, **kw)
        except CmdExecutionError as error:
            raise UpdateNeeded(error.summary()) from None

    def assert_file_is_current(
        self, reference: Any, requirements: Iterable[Any] = (), **kw: Any
    ) -> None:
        """Raise UpdateNeeded if file *reference* is missing, or older than a requirement.

        Requirements that are missing are ignored.
        """
        freshness.require_current_file(self, reference, requirements, **kw)

    def assert_component_is_current(self, requirements: Any = (), **kw: Any) -> None:
        """Raise UpdateNeeded if this was last updated before one of *requirements*."""
        freshness.require_newer(self, requirements, **kw)

    def assert_no_subcomponent_changes(self) -> None:
        """Raise UpdateNeeded if a direct sub-component changed in this run."""
        freshness.require_unchanged(self.sub_components)

    def assert_no_changes(self) -> None:
        """Raise UpdateNeeded if this or a direct sub-component changed in this run."""
        freshness.require_unchanged([self])
        self.assert_no_subcomponent_changes()

    # Helpers

    def cmd(
        self,
        cmd: Any,
        silent: bool = False,
        ignore_returncode: bool = False,
        communicate: bool = True,
        env: Mapping[str, str] | None = None,
        expand: bool = True,
        timeout: float | None = None,
        input: str | bytes | None = None,
    ) -> Any:
        """Run a command: text in a shell, a list as it is; returns (stdout, stderr).

        Templates in it are expanded, unless *expand* is off. *env* adds to the
        environment, *timeout* is in seconds. With *communicate* off the
        ``subprocess.Popen`` is returned at once.

        Raises CmdExecutionError if it fails, unless *ignore_returncode*.
        """
        if expand:
            cmd = expand_command(self, cmd)
        return run_command(
            cmd, silent, ignore_returncode, communicate, env, timeout=timeout, input=input
        )

    def map(self, path: str | os.PathLike[str]) -> str:
        """The absolute path that *path* means: below `workdir`, or as the environment maps it."""
        path = os.path.expanduser(os.fspath(path))
        if not os.path.isabs(path):
            return os.path.normpath(os.path.join(self.workdir, path))
        mapped: str = self.root.environment.map(path)
        return mapped

    def touch(self, filename: str | os.PathLike[str]) -> None:
        """Set the time of a file to now; an empty one is made if it is missing."""
        with open(filename, "ab"):
            os.utime(filename, None)

    def expand(self, string: str, component: "Component | None" = None, **kw: Any) -> str:
        """Expand the template *string*; keywords are further variables.

        Raises TemplatingError.
        """
        return expand(self, string, component or self, kw)

    def template(
        self, filename: str | os.PathLike[str], component: "Component | None" = None
    ) -> str:
        """Expand the template in a file, relative to the current directory.

        Raises TemplatingError.
        """
        return engine().template(os.fspath(filename), context(component or self))

    @contextmanager
    def chdir(self, path: str | os.PathLike[str]) -> Iterator[None]:
        """Be in another directory inside the block."""
        before = os.getcwd()
        os.chdir(path)
        try:
            yield
        finally:
            os.chdir(before)

    def checksum(self, value: bytes | None = None) -> str:
        """Feed *value* to this component's sha256; returns the digest so far, in hex."""
        import hashlib

        digest = self.__dict__.setdefault("_checksum", hashlib.sha256())
        if value is not None:
            digest.update(value)
        result: str = digest.hexdigest()
        return result

    # Names

    @property
    def namevar_for_breadcrumb(self) -> Any:
        """What tells this from others of its class."""
        return getattr(self, self.namevar, None) if self.namevar else None

    @property
    def _breadcrumb(self) -> str:
        return names.breadcrumb(self)

    @property
    def _breadcrumbs(self) -> str:
        return names.breadcrumbs(self)

    def __repr__(self) -> str:
        try:
            where = self.root.host.name
        except AttributeError:
            where = "unattached"
        return f'<{type(self).__name__} ({where}) "{self._breadcrumbs}">'


class HookComponent(Component):
    """A component that provides itself under its class's *key*, to be collected."""

    key: Any

    def configure(self) -> None:
        """Provide this component."""
        self.provide(self.key, self)


def _check(component: Any) -> None:
    if isinstance(component, Component):
        return
    if isinstance(component, type):
        raise AttributeError(
            f"{component.__name__} is a class, only components can be added: "
            f"write {component.__name__}(…)"
        )
    raise AttributeError(
        f"{component!r} is a {type(component).__name__}, only components can be added"
        + (", one at a time" if isinstance(component, (list, tuple, set)) else "")
    )


def _check_no_circle(parent: Any, component: Component) -> None:
    while isinstance(parent, Component):
        if parent is component:
            raise AttributeError(f"{component!r} cannot be added to itself")
        parent = parent.parent


def _check_attached(component: Component) -> None:
    if "sub_components" not in component.__dict__:
        raise AttributeError(
            f"{type(component).__name__} is not part of a tree yet, "
            "so nothing can be added to it: add it to another component first"
        )
