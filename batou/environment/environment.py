"""`Environment`: hosts, components, what is overridden, and the model that comes out of it."""

import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

from batou import net, vfs
from batou.artifacts import Shipped
from batou.component.definition import ComponentDefinition, load_components
from batou.component.root import RootComponent
from batou.environment.hosts import load_host_map, load_hosts
from batou.environment.ini import Config, ConfigSection
from batou.environment.overrides import load_overrides, merge_secrets
from batou.environment.resolver import load_resolver
from batou.environment.rollout import load_rollout
from batou.environment.rounds import Model, Rounds
from batou.environment.settings import CONNECT_METHODS, ENVIRONMENT, read, unknown
from batou.environment.usage import Usage, watching
from batou.errors import (
    ConfigurationError,
    Location,
    MissingEnvironment,
    MissingSetting,
    SilentConfigurationError,
    SuperfluousSection,
    UnknownSetting,
)
from batou.host import Host
from batou.resources import Resources

SECTIONS = (
    "environment",
    "hosts",
    "host:NAME",
    "component:NAME",
    "provisioner:NAME",
    "resolver",
    "vfs",
    "rollout",
)


class UnknownEnvironmentError(ValueError):
    """Environments are asked for that do not exist; ``args[0]`` are their names."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.names = names

    def __str__(self) -> str:
        return "there is no environment " + ", ".join(map(repr, self.names))


class Environment:
    """An environment of a project.

    `load` reads it, `load_secrets` decrypts its secrets, `configure` makes the
    model. What is wrong is collected in `exceptions`, so that all of it can be
    reported at once.
    """

    service_user: str | None = None
    require_sudo: bool | None = None
    host_domain: str | None = None
    target_directory: str | None = None
    connect_method: str | None = None
    update_method: str | None = None
    branch: str | None = None
    platform: str | None = None
    timeout: int | None = None
    repository_url: str | None = None
    repository_root: str | None = None
    jobs: int | None = None
    require_v4: Any = None
    require_v6: Any = None
    artifacts: str | None = None

    def __init__(
        self,
        name: str,
        timeout: int | None = None,
        platform: str | None = None,
        basedir: str | os.PathLike[str] = ".",
        provision_rebuild: bool = False,
        check_and_predict_local: bool = False,
    ) -> None:
        self.name = name
        self.timeout = timeout
        self.platform = platform
        self.provision_rebuild = provision_rebuild
        self.check_and_predict_local = check_and_predict_local
        self.base_dir = os.path.abspath(basedir)
        self.workdir_base = os.path.join(self.base_dir, "work")
        self.deployment_base = "."
        self.hosts: dict[str, Host] = {}
        self.components: dict[str, ComponentDefinition] = {}
        self.root_components: list[RootComponent] = []
        self.overrides: dict[str, dict[str, Any]] = {}
        self.secret_files: dict[str, Any] = {}
        self.secret_data: set[str] = set()
        self.resources = Resources()
        self.provisioners: dict[str, Any] = {}
        self.exceptions: list[BaseException] = []
        self.hostname_mapping: dict[str, str] = {}
        self._rollout: dict[str, int] = {}  # component → hosts that may deploy it at once
        self.vfs_sandbox: vfs.VFS | None = None
        self.repository: Any = None
        self.deployment: Any = None
        self._model = Model()
        self._usage: Usage | None = None  # who reads what, as configuring has shown
        self._warnings: list[ConfigurationError] = []
        self._unloadable: set[str] = set()
        self._host_places: dict[str, Location | None] = {}
        self._override_locations: dict[tuple[str, str], Location] = {}
        self._writes = True  # whether mapping a path may make directories
        self._is_controller = True
        self._artifacts = Shipped()  # what the controller has fetched for this host
        self._keeps_host_map = True  # whether chosen host names are written to hostmap.json
        self._file = environment_file(self.base_dir, name)

    # Which environments there are

    @classmethod
    def all(cls) -> "Iterator[Environment]":
        """All environments of the project in the current directory, by name."""
        for name in environment_names("."):
            yield cls(name)

    @classmethod
    def filter(cls, names: str | None) -> "list[Environment]":
        """The environments in *names*, separated by commas; all if there is no name.

        Raises UnknownEnvironmentError with all names that do not exist.
        """
        known = {environment.name: environment for environment in cls.all()}
        wanted = [name.strip() for name in (names or "").split(",") if name.strip()]
        if missing := [name for name in wanted if name not in known]:
            raise UnknownEnvironmentError(missing)
        return [known[name] for name in wanted or known]

    # Reading it

    @property
    def _directory(self) -> str:
        return os.path.join(self.base_dir, "environments", self.name)

    def _shown(self, path: str) -> str:
        return os.path.relpath(path, self.base_dir)

    def load(self) -> None:
        """Read ``environment.cfg`` and load the components.

        Raises MissingEnvironment, and InvalidFile if the file cannot be read;
        everything else is collected in `exceptions`.
        """
        self._net = net.NetSettings()
        net.use(self._net)
        shown = self._shown(self._file)
        if not is_name(self.name) or not os.path.exists(self._file):
            raise MissingEnvironment(self.name, environment_names(self.base_dir))
        config = Config(self._file, shown, self.exceptions)
        load_host_map(self)
        self._load_components()
        self._check_sections(config)
        self._load_settings(config.get("environment") or ConfigSection(name="environment"))
        self._load_vfs(config)
        self._load_provisioners(config)
        load_hosts(self, config)
        load_resolver(self, config)
        load_overrides(self, config)
        load_rollout(self, config)

    def _load_components(self) -> None:
        self.components, errors, warnings = load_components(self.base_dir)
        self.exceptions.extend(errors)
        self._warnings.extend(ConfigurationError(text) for text in warnings)
        for error in errors:
            directory = os.path.basename(os.path.dirname(error.filename))
            self._unloadable |= {directory.lower(), *names_in_source(self.base_dir, error.filename)}

    def _check_sections(self, config: Config) -> None:
        plain = {name for name in SECTIONS if ":" not in name}
        prefixes = {name.split(":")[0] for name in SECTIONS if ":" in name}
        for name in config:
            if name not in plain and not (":" in name and name.split(":")[0] in prefixes):
                place = config[name].place
                self.exceptions.append(SuperfluousSection(name, place, SECTIONS))

    def _load_settings(self, section: ConfigSection) -> None:
        values, errors = read(section, ENVIRONMENT)
        self.exceptions.extend(errors)
        self._warnings.extend(unknown(section, ENVIRONMENT))
        for key, value in values.items():
            if getattr(self, key) is None:
                setattr(self, key, value)
        if self.check_and_predict_local:
            self.connect_method = "local"
        self._set_defaults()
        if self.connect_method not in CONNECT_METHODS:
            from batou.errors import InvalidSetting

            expected = ", ".join(CONNECT_METHODS)
            place = section.location("connect_method")
            self.exceptions.append(
                InvalidSetting(
                    "environment", "connect_method", str(self.connect_method), expected, place
                )
            )
        self._net.require_v4, self._net.require_v6 = self.require_v4, self.require_v6
        if self.connect_method == "local":
            root = os.path.join(self.base_dir, self.repository_root or ".")
            self.target_directory = os.path.normpath(root)
            self.deployment_base = os.path.relpath(self.base_dir, self.target_directory)

    def _set_defaults(self) -> None:
        """Give every setting that is still open its default."""
        if self.platform is None:
            self.platform = self.host_domain
        for key, setting in ENVIRONMENT.items():
            if getattr(self, key) is None:
                setattr(self, key, setting.default)

    def _load_vfs(self, config: Config) -> None:
        section = config.get("vfs")
        if section is None:
            return
        if "sandbox" not in section:
            expected = " or ".join(vfs.SANDBOXES)
            self.exceptions.append(MissingSetting("vfs", "sandbox", expected, section.place))
            return
        self._warnings.extend(
            UnknownSetting("vfs", key, section.location(key), ("sandbox", "/…"))
            for key in section
            if key != "sandbox" and not key.startswith("/")
        )
        try:
            self.vfs_sandbox = vfs.sandbox(section["sandbox"], self, section)
        except ConfigurationError as error:
            error.location = section.location("sandbox")
            self.exceptions.append(error)

    def _load_provisioners(self, config: Config) -> None:
        if self.check_and_predict_local or not self._is_controller:
            return
        from batou.environment.plugins import load_provisioners

        load_provisioners(self, config)

    def load_secrets(self) -> None:
        """Decrypt the secrets and merge them; what does not fit is collected in `exceptions`."""
        from batou.environment.plugins import secret_provider

        provider = secret_provider(self)
        if provider is not None:
            self._merge_secrets(provider.read())

    def _merge_secrets(self, blob: Any) -> None:
        merge_secrets(self, blob)

    # Asking it

    def map(self, path: str | os.PathLike[str]) -> str:
        """Where an absolute path of the model lies on the host."""
        path = os.path.expanduser(os.fspath(path))
        return self.vfs_sandbox.map(path) if self.vfs_sandbox else path

    def get_host(self, name: str) -> Host:
        """The host called *name*, as configured or as renamed; raises KeyError."""
        return self.hosts[self.hostname_mapping.get(name, name)]

    def get_root(self, component_name: str, host: Host) -> RootComponent:
        """The root of a component on *host*; raises KeyError."""
        try:
            return host.components[component_name]
        except KeyError:
            message = f"component {component_name!r} is not assigned to host {host.name!r}"
            raise KeyError(message) from None

    def add_root(
        self,
        component_name: str,
        host: Host,
        features: Iterable[str] = (),
        ignore: bool = False,
    ) -> RootComponent:
        """Assign a component to *host*; raises KeyError if it is unknown."""
        definition = self.components[component_name]
        root = RootComponent(
            name=definition.name,
            environment=self,
            host=host,
            features=list(features),
            ignore=ignore,
            factory=definition.factory,
            defdir=definition.defdir,
            workdir=os.path.join(self.workdir_base, definition.name),
        )
        self.root_components.append(root)
        host.components[definition.name] = root
        return root

    def components_for(self, host: Host) -> dict[str, RootComponent]:
        """The root components of *host*, by name."""
        return {root.name: root for root in self.root_components if root.host is host}

    def root_dependencies(
        self, host: Host | None = None
    ) -> dict[RootComponent, set[RootComponent]]:
        """Which roots are deployed before which; of *host* only, if given."""
        dependencies = self._model.dependencies
        if not dependencies:
            edges = self.resources.dependencies()
            dependencies = {root: edges.get(root, {}) for root in self.root_components}
        return {
            root: set(needs)
            for root, needs in dependencies.items()
            if host is None or root.host is host
        }

    # Making the model

    def configure(self, roots: Iterable[RootComponent] | None = None) -> list[BaseException]:
        """Configure all roots, or *roots* only, until nothing changes.

        Returns `exceptions`. With *roots* given, the others are configured when
        their component is asked for.
        """
        chosen = dict.fromkeys(self.root_components if roots is None else roots)
        left_out = [root for root in self.root_components if root not in chosen]
        rounds = Rounds(chosen, self.resources, left_out)
        is_watched = self._is_controller and roots is None
        with watching(self) if is_watched else nullcontext() as self._usage:
            self._model = rounds.run()
        self._warnings.extend(self._model.warnings)
        for root in self._model.order:
            root.log_finish_configure()
        self.exceptions.extend(
            error for error in self._model.errors if not isinstance(error, SilentConfigurationError)
        )
        return self.exceptions

    def __repr__(self) -> str:
        return f"<Environment {self.name!r}>"


def environment_file(base_dir: str, name: str) -> str:
    """``environments/NAME/environment.cfg``, or the older ``environments/NAME.cfg``."""
    new = os.path.join(base_dir, "environments", name, "environment.cfg")
    old = os.path.join(base_dir, "environments", f"{name}.cfg")
    return old if os.path.isfile(old) and not os.path.isfile(new) else new


def is_name(name: str) -> bool:
    """Whether *name* may be one of an environment, and leads nowhere else.

    >>> is_name("production"), is_name("environments/production"), is_name("..")
    (True, False, False)
    """
    return bool(name) and os.sep not in name and not name.startswith(".")


def environment_names(base_dir: str) -> list[str]:
    """The names of all environments of a project, sorted."""
    directory = os.path.join(base_dir, "environments")
    names = set()
    try:
        entries = list(os.scandir(directory))
    except OSError:
        return []
    for entry in entries:
        if entry.name.endswith(".cfg") and entry.is_file():
            names.add(entry.name.removesuffix(".cfg"))
        elif os.path.isfile(os.path.join(entry.path, "environment.cfg")):
            names.add(entry.name)
    return sorted(names)


def names_in_source(base_dir: str, filename: str) -> set[str]:
    """Lower-case names of the classes that a file which cannot be loaded seems to define."""
    import re

    try:
        with open(os.path.join(base_dir, filename), encoding="utf-8", errors="replace") as file:
            return {name.lower() for name in re.findall(r"^class (\w+)", file.read(), re.M)}
    except OSError:
        return set()
