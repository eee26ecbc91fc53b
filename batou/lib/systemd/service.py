"""`Service` and `Timer`: units that are made from a command."""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from batou.component import Component
from batou.errors import ConfigurationError
from batou.lib.file import File
from batou.lib.systemd.syntax import command_line, environment_file, quoted, unit_file
from batou.lib.systemd.unit import Unit


class _Process(Component):
    """Base of units that run a command."""

    namevar = "name"

    name: str
    command: str | Iterable[str] | None = None
    description = ""
    user = False
    run_as: str | None = None
    directory: str | None = None
    env: Mapping[str, str] = {}
    secret_env: Mapping[str, str] = {}
    options: Mapping[str, Any] = {}
    unit_options: Mapping[str, Any] = {}
    dependencies: Iterable[Component] | None = None
    timeout = 60

    def _check(self) -> None:
        if "." in self.name:
            raise ConfigurationError.from_context(
                f"{self.name!r} is the name of a unit, expected one without its kind, "
                f"such as {self.name.partition('.')[0]!r}",
                self,
            )
        if self.run_as and self.user:
            raise ConfigurationError.from_context(
                f"run_as={self.run_as!r} and user=True exclude each other: "
                "what a user's systemd runs, it runs as that user",
                self,
            )


class Service(_Process):
    """A service that runs *command*, made into ``NAME.service``.

    *env* are variables that everybody on the host may see; those of *secret_env* are
    kept in a file that is closed to others. *options* are further settings of the
    section Service, *unit_options* of Unit; a list is a setting that is given several
    times. *directory* is by default the work directory.
    """

    restart = "on-failure"
    type = "simple"
    wanted_by: str | None = None
    enable: bool | None = True
    running: bool | None = True
    on_change = "restart"
    settle = 1

    unit: Unit

    def configure(self) -> None:
        self._check()
        if not self.command:
            raise ConfigurationError.from_context(f"service {self.name!r} has no command", self)
        needed = [self.parent] if self.dependencies is None else [*self.dependencies]
        if self.secret_env:
            secrets = File(
                f"{self.name}.secret.env",
                content=environment_file(self.secret_env),
                is_template=False,
                sensitive_data=True,
                mode=0o600,
            )
            self += secrets
            needed.append(secrets)
            files = [self.options.get("EnvironmentFile"), secrets.path.replace("%", "%%")]
            self.options = {**self.options, "EnvironmentFile": files}
        self.unit = Unit(
            f"{self.name}.service",
            content=unit_file(self._sections()),
            is_template=False,
            user=self.user,
            enable=self.enable,
            running=self.running,
            dependencies=needed,
            on_change=self.on_change,
            timeout=self.timeout,
            settle=self.settle,
        )
        self += self.unit

    def _sections(self) -> dict[str, list[tuple[str, Any]]]:
        assert self.command is not None
        directory = os.path.join(self.workdir, self.directory or "").rstrip("/") or "/"
        target = self.wanted_by or ("default.target" if self.user else "multi-user.target")
        service = {
            "Type": self.type,
            "ExecStart": command_line(self.command, directory),
            "WorkingDirectory": directory.replace("%", "%%"),
            "User": self.run_as,
            "Environment": [quoted(f"{key}={value}") for key, value in self.env.items()],
            "Restart": self.restart,
            **self.options,
        }
        unit = {"Description": self.description or self.name, **self.unit_options}
        install = {"WantedBy": target if self.enable is not None else None}
        parts = {"Unit": unit, "Service": service, "Install": install}
        return {title: [*settings.items()] for title, settings in parts.items()}


class Timer(_Process):
    """Starts a unit at the times of *calendar*, as systemd.time(7) has them.

    The unit is either *unit*, or a service of the same name that runs *command*; for
    *env* and the rest see `Service`. With *persistent*, what was missed while the host
    was off is made up for. *random_delay* spreads the start. *timer_options* are further
    settings of the section Timer.
    """

    calendar: str | Iterable[str] = "daily"
    unit: str | None = None
    persistent = True
    random_delay: str | None = None
    timer_options: Mapping[str, Any] = {}

    def configure(self) -> None:
        self._check()
        if bool(self.command) == bool(self.unit):
            raise ConfigurationError.from_context(
                f"timer {self.name!r} needs either a command or a unit", self
            )
        if self.command:
            self._add_service()
        calendar = [self.calendar] if isinstance(self.calendar, str) else [*self.calendar]
        timer = {
            "OnCalendar": calendar,
            "Unit": self.unit,
            "Persistent": self.persistent,
            "RandomizedDelaySec": self.random_delay,
            **self.timer_options,
        }
        unit = {"Description": self.description or f"Starts {self.unit or self.name}"}
        parts = {"Unit": unit, "Timer": timer, "Install": {"WantedBy": "timers.target"}}
        self += Unit(
            f"{self.name}.timer",
            content=unit_file({title: [*items.items()] for title, items in parts.items()}),
            is_template=False,
            user=self.user,
            dependencies=(),
            timeout=self.timeout,
        )

    def _add_service(self) -> None:
        self += Service(
            self.name,
            command=self.command,
            description=self.description,
            type="oneshot",
            restart="no",
            enable=None,
            running=None,
            user=self.user,
            run_as=self.run_as,
            directory=self.directory,
            env=self.env,
            secret_env=self.secret_env,
            options=self.options,
            unit_options=self.unit_options,
        )
