"""A deployment with types, as users write it; test_deployment.py has mypy check it strictly.

What is commented ``# type: ignore`` has to be an error: mypy complains about comments that are
not needed.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import batou
import batou.c
import batou.lib.cron
from batou import UpdateNeeded, output
from batou.component import (
    Attribute,
    Component,
    ConfigString,
    HookComponent,
    RootComponent,
    handle_event,
    platform,
)
from batou.environment import Environment
from batou.host import Host
from batou.lib.file import File, ManagedContentBase, Purge, Symlink, YAMLContent
from batou.lib.service import Service
from batou.utils import Address, CmdExecutionError, cmd, dict_merge


class Database(Component):
    """Provides what others need to connect."""

    address = Attribute(Address, ConfigString("{{host.fqdn}}:5432"))
    port = Attribute(int, 5432)
    names = Attribute("list", ())
    is_fast = Attribute("literal", False)
    password: str | None = None

    def configure(self) -> None:
        self.provide("database", self)
        self += File("db.conf", content="{{component.port}}", mode=0o600, sensitive_data=True)
        self.file: File = self._
        self += YAMLContent(Path(self.workdir) / "db.yaml", data={"names": self.names})
        url: str = f"{self.address.connect}/{self.password or ''}"
        self.log("at %s", url)


class App(Component):
    namevar = "name"
    name: str
    database: Database
    dependencies: Iterable[Component] = ()

    def __init__(self, namevar: Any = None, **kw: Any) -> None:
        super().__init__(namevar or "app", **kw)

    def configure(self) -> None:
        self.database = self.require_one("database", host=self.host)
        others: list[Database] = self.require("database", strict=False, reverse=True)
        self += self.conf(len(others))
        self |= Symlink("current", source="releases")
        if self.host.platform == "nixos":
            self += None
        self.parent.answer = 42
        host: Host = self.host
        root: RootComponent = self.root
        text: str = self.expand("{{component.name}} {{extra}}", extra=host.fqdn)
        path: str = self.map(Path("~") / root.name)
        self += Purge(f"{path}/{text}*")

    def conf(self, number: int) -> File:
        return File("app.conf", content=f"{number}\n".encode())

    def verify(self, predicting: bool = False) -> None:
        self.assert_no_changes()
        self.assert_file_is_current("current", requirements=["app.conf"], key="st_ctime")
        self.assert_cmd("test -e {{component.name}}")
        for component in self.dependencies:
            component.assert_no_changes()
        if predicting and not Path("current").exists():
            raise UpdateNeeded("the release is missing")

    def update(self) -> None:
        out, err = self.cmd("hostname", env={"A": "b"}, timeout=10)
        try:
            cmd(["true", str(out), str(err)])
        except CmdExecutionError as error:
            output.annotate(f"{error.cmd} failed: {error.stderr}", red=True)
            raise batou.ConfigurationError.from_context("hostname(1) is broken") from error
        with self.chdir("/"):
            self.touch(Path("x"))

    def last_updated(self, key: str = "st_mtime") -> float | None:
        value: float | None = self.database.file.last_updated(key=key)
        return value

    @handle_event("before-update", "precursor")
    def stop(self, source: Component) -> None:
        self.cmd(f"stop for {source.changed}")

    @property
    def namevar_for_breadcrumb(self) -> str:
        return self.name.upper()


class Page(ManagedContentBase):
    def render(self) -> None:
        assert isinstance(self.content, str)
        self.content = self.content.upper()


class Job(HookComponent):
    key = batou.lib.cron.CronJob.key

    def format(self) -> str:
        return "* * * * * true"


@platform("debian", Service)
class StartAtBoot(Component):
    parent: Service

    def configure(self) -> None:
        self += File("unit", content=self.parent.executable)


def read(name: str) -> dict[str, Any]:
    """A script beside the deployment."""
    environment = Environment(name)
    environment.load()
    environment.load_secrets()
    for error in environment.exceptions:
        if isinstance(error, batou.ReportingException):
            error.report()
    data: dict[str, str] = environment.hosts["web"].data
    merged: dict[str, Any] = dict_merge({"data": data}, {"branch": environment.branch})
    return merged


class Wrong(Component):
    def configure(self) -> None:
        self += "no component"  # type: ignore[operator]
        self.require_one("x", hots=self.host)  # type: ignore[call-arg]

    def verify(self) -> int:  # type: ignore[override]
        return 1
