"""`Host`: a host's data. The line to it is a gateway, which lives elsewhere."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batou.values import BagOfAttributes

if TYPE_CHECKING:
    from batou.component.root import RootComponent

REMOTE_OS_ENV_KEYS = ("REMOTE_PDB_HOST", "REMOTE_PDB_PORT")
"""Environment variables that are handed on to hosts."""


class Host:
    """A host of an environment: what it is called and what it is for.

    *data* are the values of ``data-*``, *components* its root components by
    name, *aliases* further names of it by short name.
    """

    platform: str | None = None
    service_user: str | None = None
    require_sudo: bool | None = None
    artifacts: str | None = None
    ignore = False
    remap = False
    provisioner: Any = None

    def __init__(
        self, name: str, environment: Any, config: Mapping[str, str] | None = None
    ) -> None:
        self._name = name
        self.environment = environment
        self.config = dict(config or {})
        self.data: dict[str, str] = {}
        self.components: dict[str, RootComponent] = {}
        self._aliases: list[str] = []
        self.aliases = BagOfAttributes()
        self._provision_info: dict[str, Any] = {}
        self.python: str | None = None
        self._container: str | None = None  # which stands for it, if it is not called like it
        self.via: str | None = None

    @property
    def name(self) -> str:
        """The name, as a provisioner may have chosen it."""
        if self.remap:
            mapping: dict[str, str] = self.environment.hostname_mapping
            return mapping.get(self._name, self._name)
        return self._name

    @property
    def fqdn(self) -> str:
        """The name, with the environment's ``host_domain``."""
        domain = self.environment.host_domain
        return f"{self.name}.{domain}" if domain else self.name

    def root_dependencies(self) -> "dict[RootComponent, set[RootComponent]]":
        """The roots of this host, and what each of them depends on."""
        dependencies: dict[Any, set[Any]] = self.environment.root_dependencies(host=self)
        return dependencies

    def summarize(self) -> None:
        """Let the provisioner tell how the host can be reached."""
        if self.provisioner:
            self.provisioner.summarize(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class LocalHost(Host):
    """A host that is this machine."""


class RemoteHost(Host):
    """A host that a line leads to."""
