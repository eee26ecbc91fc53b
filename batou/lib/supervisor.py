"""supervisord and the programs that it runs."""

import os
import shlex
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from batou.component import Attribute, Component, ConfigString, handle_event
from batou.errors import CmdExecutionError, ConfigurationError, UpdateNeeded
from batou.lib.buildout import Buildout
from batou.lib.file import Directory, File
from batou.lib.logrotate import RotatedLogfile
from batou.lib.nagios import ServiceCheck
from batou.lib.python import Package, VirtualEnv
from batou.lib.service import Service
from batou.lib.supervisorctl import ALIVE, UNDECIDED, Control, wait_for
from batou.net import Address

SLACK = 10
"""Seconds beyond what programs ask for, until something is given up."""


def _resource(name: str) -> str:
    return str(files("batou.lib") / "resources" / name)


def _from_template(path: str, template: str | bytes, **kw: Any) -> File:
    """A file from *template*: some lines of text, or the path of a file."""
    is_text = isinstance(template, bytes) or "\n" in template
    return File(path, **{"content" if is_text else "source": template}, **kw)


class Supervisor(Component):
    """A supervisord in the work directory, for the `Program` components of its host.

    *installer* says how the software gets there: ``buildout``, or ``venv`` for
    packages in a virtual environment. *deployment_mode* says what happens when
    the configuration changed: ``hot`` reloads, ``cold`` restarts supervisord.
    *enable* off stops it, with all programs. With *wait_for_running* a start is
    complete when no program is starting any more. *logrotate* and *nagios* offer
    its log files and a check to the components that collect those.
    """

    address = Attribute(Address, default=ConfigString("localhost:9001"))
    installer = Attribute(str, default="buildout")
    buildout_version = Attribute(str, default="5.1.1")
    setuptools_version = Attribute(str, default="68.0.0")
    wheel_version = Attribute(str, default="0.40.0")
    packaging_version = Attribute(str, default="24.0")
    buildout_cfg = Attribute(str, default=_resource("supervisor.buildout.cfg"))
    supervisor_conf = Attribute(str, default=_resource("supervisord.conf"))
    loglevel = Attribute(str, default="info")
    logrotate = Attribute("literal", default=False)
    nagios = Attribute("literal", default=False)
    enable = Attribute("literal", default=True)
    deployment_mode = Attribute(str, default="hot")
    max_startup_delay = Attribute(int, default=0)
    wait_for_running = Attribute("literal", default=True)
    pidfile = Attribute(str, default=ConfigString("supervisord.pid"), map=True)
    socketpath = Attribute(
        str, default=ConfigString("{{component.workdir}}/supervisor.sock"), map=True
    )
    check_contact_groups = Attribute(str, default=None)

    program_config_dir: Directory
    logdir: Directory
    service: Service
    _software: Component

    def configure(self) -> None:
        self._software = self._install()
        self.program_config_dir = Directory("etc/supervisor.d", leading=True)
        self += self.program_config_dir
        self += _from_template("etc/supervisord.conf", self.supervisor_conf)
        self.logdir = Directory("var/log", leading=True)
        self += self.logdir
        if self.logrotate:
            reopen = f"kill -USR2 $(cat {shlex.quote(self.pidfile)})"
            self += RotatedLogfile(os.path.join(self.logdir.path, "*.log"), postrotate=reopen)
        self.service = Service("bin/supervisord", pidfile=self.pidfile)
        self += self.service
        self += RunningSupervisor(self.service) if self.enable else StoppedSupervisor()
        self += File("check_supervisor", source=_resource("check_supervisor"), mode=0o755)
        if self.nagios:
            self += ServiceCheck(
                "Supervisor programs",
                nrpe=True,
                command=self.map("check_supervisor"),
                contact_groups=self.check_contact_groups,
            )
        self.provide("supervisor", self)

    def _install(self) -> Component:
        """Add what puts supervisord into ``bin``."""
        if self.installer == "buildout":
            self += Buildout(
                python="3",
                version=self.buildout_version,
                setuptools=self.setuptools_version,
                wheel=self.wheel_version,
                packaging=self.packaging_version,
                config=_from_template("buildout.cfg", self.buildout_cfg, template_context=self),
            )
        elif self.installer == "venv":
            self += VirtualEnv("3")
            environment = self._
            environment += Package("setuptools", version=self.setuptools_version)
            environment += Package("supervisor", version="4.2.5")
            environment += Package("superlance", version="1.0.0")
        else:
            raise ConfigurationError.from_context(
                f"installer is {self.installer!r}, expected 'buildout' or 'venv'", self
            )
        software: Component = self._
        return software


class RunningHelper(Component):
    """Base of components that care whether the supervisord of the work directory runs."""

    def is_running(self) -> bool:
        """Whether supervisord answers."""
        return self._control().answers()

    def _control(self) -> Control:
        return Control(self.workdir, getattr(self.parent, "socketpath", None))

    def _shut_down(self, seconds: float) -> None:
        self._control().run("shutdown")
        if not wait_for(lambda: not self.is_running(), seconds):
            raise RuntimeError(f"supervisord in {self.workdir!r} still runs after {seconds} s")


class RunningSupervisor(RunningHelper):
    """A running supervisord; *service* starts it, *reload_timeout* is in seconds.

    Platforms may attach a companion, and ask it ``self.parent.is_running()``.
    """

    namevar = "service"

    service: Service
    reload_timeout = 60

    def verify(self) -> None:
        if not self.is_running():
            raise UpdateNeeded("supervisord does not run")
        if self.parent.changed:
            raise UpdateNeeded("its configuration or software changed")

    def update(self) -> None:
        if not self.is_running():
            self.service.start()
        elif self._reloads():
            self._control().run("reload")
        else:
            self._shut_down(self.reload_timeout)
            self.service.start()
        self._wait()

    def _reloads(self) -> bool:
        """Whether it is enough to read the configuration again."""
        software = getattr(self.parent, "_software", None)
        is_new = software is not None and software.changed
        return bool(self.parent.deployment_mode == "hot" and not is_new)

    def _wait(self) -> None:
        if not wait_for(self.is_running, self.reload_timeout):
            raise RuntimeError(
                f"supervisord in {self.workdir!r} does not answer after {self.reload_timeout} s, "
                f"see {os.path.join(self.workdir, 'var/log/supervisord.log')!r}"
            )
        if self.parent.wait_for_running:
            wait_for(self._is_settled, self.parent.max_startup_delay + SLACK)

    def _is_settled(self) -> bool:
        return "STARTING" not in self._control().states()


class StoppedSupervisor(RunningHelper):
    """No supervisord runs."""

    def verify(self) -> None:
        if self.is_running():
            raise UpdateNeeded("supervisord runs")

    def update(self) -> None:
        self._shut_down(60)


class ProgramUsageError(ConfigurationError, ValueError):
    """`Program` is used wrongly; ValueError is what 2.x raised."""


class Program(Component):
    """A program that the supervisor of its host runs.

    *command* is relative to the work directory, unless *command_absolute* is off;
    *options* are further settings of its section. The program is restarted when
    one of *dependencies*, by default the component that added it, changed. With
    *deployment* ``cold`` it is stopped before anything that precedes it in its
    root component changes. *enable* off stops it.
    """

    namevar = "name"

    name: str
    deployment = "hot"
    command: str | None = None
    command_absolute = True
    options: Mapping[str, Any] = {}
    args = ""
    priority = 10
    directory: str | None = None
    dependencies: Iterable[Component] | None = None
    enable = True
    program_section: str | bytes = _resource("program.conf")

    supervisor: Any
    _is_stopped = False

    def configure(self) -> None:
        self.supervisor = self.require_one("supervisor", host=self.host)
        if not self.command:
            raise ProgramUsageError(f"program {self.name!r} has no command", self)
        if self.deployment not in ("hot", "cold"):
            raise ProgramUsageError(
                f"deployment of program {self.name!r} is {self.deployment!r}, "
                "expected 'hot' or 'cold'",
                self,
            )
        if self.command_absolute:
            self.command = os.path.join(self._base(), self.command)
        self.directory = os.path.join(self.workdir, self.directory or "").rstrip("/") or "/"
        self.dependencies = (self.parent,) if self.dependencies is None else self.dependencies
        self.options = self._complete_options()
        self.supervisor.max_startup_delay = max(
            self.supervisor.max_startup_delay, self._startup_delay()
        )
        path = os.path.join(self.supervisor.program_config_dir.path, f"{self.name}.conf")
        self += _from_template(path, self.program_section)

    def _base(self) -> str:
        """The directory that the command is relative to."""
        return str(self.workdir)

    def _complete_options(self) -> dict[str, Any]:
        options = {**self.options}
        options.setdefault("startsecs", 5)
        options.setdefault("startretries", 3)
        if not self.enable:
            options.setdefault("autostart", "false")
        return options

    def _startup_delay(self) -> int:
        return int(self.options.get("startsecs", 1))

    def verify(self) -> None:
        if not self.supervisor.enable:
            return
        self.assert_no_changes()
        for dependency in self.dependencies or ():
            dependency.assert_no_changes()
        if self.is_running() != bool(self.enable):
            raise UpdateNeeded("it does not run" if self.enable else "it runs, but is disabled")

    def update(self) -> None:
        self.ctl("reread")
        changed, _ = self.ctl(["update", self.name])
        states = self._states()
        if not self.enable:
            if states & ALIVE:
                self.ctl(["stop", f"{self.name}:*"])
        elif not states & ALIVE:
            self._start("start")
        elif "process group" not in changed:
            self._start("restart")
        if self.enable:
            self._wait()

    def _start(self, action: str) -> None:
        """Start or restart the program; `_wait` tells what became of it."""
        try:
            self.ctl([action, f"{self.name}:*"])
        except CmdExecutionError:
            if not self._states():
                raise

    def _wait(self) -> None:
        wait_for(lambda: not self._states() & UNDECIDED, self._startup_delay() + SLACK)
        if not self.is_running():
            states = ", ".join(sorted(self._states())) or "unknown"
            log = os.path.join(self.supervisor.logdir.path, f"{self.name}.log")
            raise RuntimeError(f"program {self.name!r} is {states}, wanted RUNNING; see {log!r}")

    @handle_event("before-update", "precursor")
    def _stop_cold(self, source: Component) -> None:
        if self.deployment != "cold" or self._is_stopped or not self.supervisor.enable:
            return
        self._is_stopped = True
        if self._states() & ALIVE:
            self.ctl(["stop", f"{self.name}:*"])

    def is_running(self) -> bool:
        """Whether supervisord says that the program runs."""
        return self._states() == {"RUNNING"}

    def ctl(self, args: str | list[str]) -> tuple[str, str]:
        """Run supervisorctl with *args*; returns (stdout, stderr).

        Raises CmdExecutionError.
        """
        words = shlex.split(args) if isinstance(args, str) else args
        return self._control().run(*words)

    def _states(self) -> set[str]:
        return self._control().states(self.name)

    def _control(self) -> Control:
        return Control(self.supervisor.workdir, getattr(self.supervisor, "socketpath", None))


class Eventlistener(Program):
    """A program that supervisord tells of *events*.

    *command* is relative to the work directory of the supervisor.
    """

    events: Iterable[str] | str = ("TICK_60",)
    program_section: str | bytes = _resource("eventlistener.conf")

    def _base(self) -> str:
        return str(self.supervisor.workdir)

    def _complete_options(self) -> dict[str, Any]:
        return {**self.options}
