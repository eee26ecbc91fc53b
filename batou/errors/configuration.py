"""What can be wrong before a host is touched."""

import os
import re
import socket
from dataclasses import dataclass
from typing import Any, ClassVar

from batou.errors.base import Location, ReportingException, Rows
from batou.errors.texts import shown_path


class ConfigurationError(ReportingException):
    """The model, the environment or a component's arguments are wrong.

    Component code raises it with a message and, where there is one, the
    component that the message is about.
    """

    order: ClassVar[int] = 0

    def __init__(self, message: str = "", component: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.has_component = component is not None
        self.component_root_name: str | None = None
        self.affected_hostname = None
        self.advice = ""
        self.component_breadcrumbs: str | None = None
        root = getattr(component, "root", None)
        if root is not None:
            self.component_root_name = root.name
            self.affected_hostname = root.host.name
            self.component_breadcrumbs = component._breadcrumbs

    def summary(self) -> str:
        return getattr(self, "message", "") or type(self).__name__

    def rows(self) -> Rows:
        breadcrumbs = getattr(self, "component_breadcrumbs", None)
        host = [("Host", self.affected_hostname)] if self.affected_hostname else []
        return [*([("Component", breadcrumbs)] if breadcrumbs else []), *host]

    def hint(self) -> str | None:
        return getattr(self, "advice", "") or None


@dataclass(eq=False)
class TemplatingError(ReportingException):
    """A template cannot be rendered; *template_identifier* is its file, or who expands it."""

    exception_str: str
    template_identifier: str
    line: int = 0
    source: str = ""

    order: ClassVar[int] = 0

    @property
    def place(self) -> str:
        """The template, and the line in it."""
        return f"{self.template_identifier}:{self.line}" if self.line else self.template_identifier

    @property
    def is_file(self) -> bool:
        """Whether the template is a file."""
        return os.path.isabs(self.template_identifier)

    def summary(self) -> str:
        name = shown_path(self.template_identifier)
        return f"cannot render template {name!r}: {self.exception_str}"

    def rows(self) -> Rows:
        if self.is_file:
            where = [("Where", str(Location(self.template_identifier, self.line).shown()))]
            return [*where, *([("Code", self.source)] if self.source else [])]
        return [("Template", self.source)] if self.source else []


@dataclass(eq=False)
class GetAddressInfoError(ReportingException, socket.gaierror):
    """A name cannot be resolved."""

    hostname: str
    error: str

    order: ClassVar[int] = 0

    def summary(self) -> str:
        reason = re.sub(r"^\[Errno -?\d+\] ", "", self.error)
        return f"cannot resolve {self.hostname!r}: {reason}"

    def hint(self) -> str | None:
        name = self.hostname.rsplit(":", 1)[0]
        return f"check the name, or give its address in [resolver]: {name} = 192.0.2.10"


@dataclass(eq=False)
class IPAddressConfigurationError(ConfigurationError):
    """``listen`` or ``listen_v6`` was used for a family that is switched off."""

    address: Any
    kind: int

    def __post_init__(self) -> None:
        self.address = str(self.address)

    def summary(self) -> str:
        return f"IPv{self.kind} is not enabled for address {self.address!r}"

    def hint(self) -> str | None:
        return (
            f"set require_v{self.kind} = True in [environment], "
            f"or Address(..., require_v{self.kind}=True)"
        )


class ConfigureErrors(ReportingException):
    """All errors of configuring, wrapped; *errors* are in the order of reporting."""

    def __init__(self, errors: list[BaseException]) -> None:
        super().__init__(f"{len(errors)} errors while configuring")
        self.errors = errors

    def report(self) -> None:
        from batou.errors.merge import merged
        from batou.report import say

        for failure in merged(self.errors):
            say(failure)
