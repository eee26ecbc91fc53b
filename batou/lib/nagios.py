"""Service checks for Nagios: said by components, collected into its configuration."""

import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from batou.component import Component, HookComponent
from batou.errors import ConfigurationError
from batou.lib.file import File


def ServiceCheck(description: str, nrpe: bool = False, **kw: Any) -> "Service":
    """A check that the Nagios server makes itself, or with *nrpe* lets the host make."""
    return NRPEService(description, **kw) if nrpe else Service(description, **kw)


class Service(HookComponent):
    """A check made by the Nagios server.

    *command* is a command of Nagios, *args* its arguments separated by ``!``.
    *contact_groups* is text or a list; *depend_on* are pairs of a host and a
    description, the checks without which this one makes no sense.
    """

    key = "batou.lib.nagios:Service"
    namevar = "description"

    description: str
    command: str | None = None
    args = ""
    notes_url = ""
    servicegroups = "direct"
    contact_groups: Any = None
    depend_on: Iterable[tuple[Any, str]] = ()

    def configure(self) -> None:
        super().configure()
        self.description = plain_description(self.description)
        if self.contact_groups and not isinstance(self.contact_groups, str):
            self.contact_groups = ",".join(self.contact_groups)
        self.depend_on = [
            (getattr(host, "fqdn", host), plain_description(description))
            for host, description in self.depend_on
        ]

    @property
    def check_command(self) -> str:
        """What the Nagios server runs."""
        return f"{self.command}!{self.args}"


class NRPEService(Service):
    """A check that the host makes when the Nagios server asks its NRPE daemon.

    *command* and *args* are a command line there; *name* is what it is asked for.
    """

    name: str | None = None
    servicegroups = "nrpe"

    def configure(self) -> None:
        super().configure()
        self.name = self.name or slug(self.description)

    @property
    def check_command(self) -> str:
        return f"check_nrpe!{self.name}"

    @property
    def nrpe_command(self) -> str:
        """What the NRPE daemon runs."""
        return f"{self.command} {self.args}"


def plain_description(description: str) -> str:
    """*description* without the commas, which Nagios takes for separators.

    >>> plain_description("disk, root")
    'disk_ root'
    """
    return description.replace(",", "_")


def slug(description: str) -> str:
    """*description* as a name for NRPE.

    >>> slug("HTTP (Port 80)")
    'http_port_80'
    """
    return re.sub(r"\W+", "_", description.lower(), flags=re.ASCII).strip("_")


class NagiosServer(Component):
    """``nagios-server-<service user>.cfg`` with all checks of the environment.

    *static* is appended as it is.
    """

    static = ""

    services: list[Any]

    def configure(self) -> None:
        services = self.require(Service.key)
        self.services = sorted(services, key=lambda check: (check.host.fqdn, check.description))
        user = self.host.service_user or self.environment.service_user
        self += File(
            f"nagios-server-{user}.cfg",
            source=str(files("batou.lib") / "resources" / "nagios-server.cfg"),
            mode=0o644,
        )


class NRPEHost(Component):
    """``/etc/nagios/nrpe/local/<service user>.cfg`` with the NRPE checks of this host."""

    services: list[Any]

    def configure(self) -> None:
        services = self.require(Service.key, host=self.host, strict=False)
        self.services = sorted(
            (check for check in services if isinstance(check, NRPEService)),
            key=lambda check: (check.name, check.nrpe_command),
        )
        self._refuse_ambiguous_names()
        user = self.host.service_user or self.environment.service_user
        self += File(
            f"/etc/nagios/nrpe/local/{user}.cfg",
            source=str(files("batou.lib") / "resources" / "nrpe.cfg"),
        )

    def _refuse_ambiguous_names(self) -> None:
        commands: dict[str, str] = {}
        for check in self.services:
            if commands.setdefault(check.name, check.nrpe_command) != check.nrpe_command:
                raise ConfigurationError.from_context(
                    f"two NRPE checks are called {check.name!r}: {commands[check.name]!r} and "
                    f"{check.nrpe_command!r}; give one of them another name",
                    self,
                )
