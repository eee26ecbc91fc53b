"""`batou.lib.supervisor`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import batou.lib.buildout
from batou.component import Attribute, Component, ConfigString, RootComponent, platform
from batou.errors import ConfigurationError
from batou.lib.file import Directory, File, Symlink
from batou.lib.logrotate import RotatedLogfile
from batou.lib.nagios import NRPEService
from batou.lib.nagios import Service as Check
from batou.lib.python import Package, VirtualEnv
from batou.lib.service import Service
from batou.lib.supervisor import (
    Eventlistener,
    Program,
    RunningSupervisor,
    StoppedSupervisor,
    Supervisor,
)
from batou.net import Address

Make = Callable[[], Component]


class InstalledSupervisor(Supervisor):
    """A supervisor of the machine that runs the tests."""

    socketpath = Attribute(str, default=ConfigString("{{environment.short}}/s"))

    def _install(self) -> Component:
        for name in ("supervisord", "supervisorctl"):
            self += Directory("bin")
            program = Symlink(f"bin/{name}", source=shutil.which(name) or "/nowhere")
            self += program
        return program


def configure(root: RootComponent, *make: Make) -> None:
    """Configure what *make* makes in a new tree, as each run does."""
    root.environment.resources.begin(root)
    root.prepare()
    for component in make:
        root.component += component()


def deploy(root: RootComponent, *make: Make, predict_only: bool = False) -> None:
    """Deploy what *make* makes in a new tree, as each run does."""
    configure(root, *make)
    root.component.deploy(predict_only)


@pytest.fixture(autouse=True)
def short(root: RootComponent) -> Iterator[str]:
    """A directory whose path is short enough for sockets."""
    root.environment.short = tempfile.mkdtemp()
    yield root.environment.short
    shutil.rmtree(root.environment.short)


def program_file(root: RootComponent, name: str = "app") -> str:
    return Path(root.workdir, "etc/supervisor.d", f"{name}.conf").read_text()


def sleeper(**kw: Any) -> Make:
    """A program that runs until it is stopped."""
    defaults: dict[str, Any] = {
        "command": sys.executable,
        "args": '-c "import time; time.sleep(600)"',
        "options": {"startsecs": 0},
        "dependencies": (),
    }
    return lambda: Program("app", **{**defaults, **kw})


class TestModel:
    """What is configured."""

    def test_installation_is_a_buildout_of_pinned_versions(self, root: RootComponent) -> None:
        configure(root, Supervisor)

        buildout = root.component._.sub_components[0]
        assert isinstance(buildout, batou.lib.buildout.Buildout)
        assert (buildout.version, buildout.setuptools) == ("5.1.1", "68.0.0")
        assert (buildout.wheel, buildout.packaging) == ("0.40.0", "24.0")
        lines = set(buildout.config[0].content.decode().splitlines())
        assert {
            "parts = supervisor nagiosplugin",
            "interpreter = py",
            "supervisor = 4.2.5",
            "superlance = 1.0",
            "nagiosplugin = 1.3.2",
            "zc.recipe.egg = 2.0.7",
            "meld3 = 2.0.1",
            "zc.buildout = 5.1.1",
            "setuptools = 68.0.0",
            "wheel = 0.40.0",
        } < lines

    def test_installation_may_be_a_virtual_environment(self, root: RootComponent) -> None:
        configure(root, lambda: Supervisor(installer="venv", setuptools_version="70.0.0"))

        venv = root.component._.sub_components[0]
        assert isinstance(venv, VirtualEnv)
        packages = [part for part in venv.sub_components if isinstance(part, Package)]
        assert [(part.package, part.version) for part in packages] == [
            ("setuptools", "70.0.0"),
            ("supervisor", "4.2.5"),
            ("superlance", "1.0.0"),
        ]

    def test_unknown_installer_is_refused(self, root: RootComponent) -> None:
        with pytest.raises(ConfigurationError, match="'brew', expected 'buildout' or 'venv'"):
            configure(root, lambda: Supervisor(installer="brew"))

    def test_text_from_an_environment_becomes_settings(self, root: RootComponent) -> None:
        root.factory = InstalledSupervisor
        root.overrides = {
            "address": "localhost:9009",
            "enable": "False",
            "loglevel": "debug",
            "max_startup_delay": "7",
            "pidfile": "run/{{host.name}}.pid",
        }

        root.prepare()

        supervisor = root.component
        assert isinstance(supervisor.address, Address)
        assert supervisor.enable is False
        assert supervisor.max_startup_delay == 7
        assert supervisor.pidfile == os.path.join(root.workdir, "run/localhost.pid")

    def test_defaults_are_those_of_2_x(self, root: RootComponent) -> None:
        configure(root, lambda: Supervisor(socketpath="/tmp/s"))

        supervisor = root.component._
        assert str(supervisor.address) == "localhost:9001"
        assert supervisor.pidfile == os.path.join(root.workdir, "supervisord.pid")
        assert supervisor.program_config_dir.path == os.path.join(root.workdir, "etc/supervisor.d")
        assert supervisor.logdir.path == os.path.join(root.workdir, "var/log")
        assert (supervisor.service.executable, supervisor.service.pidfile) == (
            "bin/supervisord",
            supervisor.pidfile,
        )
        assert root.environment.resources.get("supervisor") == [supervisor]

    def test_socket_lies_in_the_work_directory(self, root: RootComponent) -> None:
        configure(root, Supervisor)

        assert root.component._.socketpath == os.path.join(root.workdir, "supervisor.sock")

    def test_order_of_the_parts_is_that_of_2_x(self, root: RootComponent) -> None:
        configure(root, lambda: Supervisor(logrotate=True, nagios=True))

        assert [type(part) for part in root.component._.sub_components] == [
            batou.lib.buildout.Buildout,
            Directory,
            File,
            Directory,
            RotatedLogfile,
            Service,
            RunningSupervisor,
            File,
            NRPEService,
        ]

    def test_disabled_supervisor_is_stopped(self, root: RootComponent) -> None:
        configure(root, lambda: Supervisor(enable=False))

        kinds = {type(part) for part in root.component._.sub_components}
        assert StoppedSupervisor in kinds
        assert RunningSupervisor not in kinds

    def test_configuration_has_the_documented_settings(self, root: RootComponent) -> None:
        configure(root, lambda: Supervisor(loglevel="warn"))

        content = root.component._.sub_components[2].content.decode()
        work = root.workdir
        assert content.splitlines()[:9] == [
            "[supervisord]",
            f"childlogdir = {work}/var/log",
            f"logfile = {work}/var/log/supervisord.log",
            "logfile_maxbytes = 0",
            "logfile_backups = 0",
            "loglevel = warn",
            f"pidfile = {work}/supervisord.pid",
            "umask = 022",
            "nodaemon = false",
        ]
        assert f"[unix_http_server]\nfile = {work}/supervisor.sock\nchmod = 0770\n" in content
        assert f"[supervisorctl]\nserverurl = unix://{work}/supervisor.sock\n" in content
        assert f"[include]\nfiles = {work}/etc/supervisor.d/*.conf\n" in content

    def test_templates_can_be_replaced_by_files_and_text(self, root: RootComponent) -> None:
        Path(root.defdir, "mine.conf").write_text("level={{component.loglevel}}")

        configure(
            root, lambda: Supervisor(supervisor_conf="mine.conf", buildout_cfg="[buildout]\n")
        )

        parts = root.component._.sub_components
        assert parts[0].config[0].content == b"[buildout]\n"
        assert parts[2].content == b"level=info"

    def test_log_files_are_reopened_after_rotation(self, root: RootComponent) -> None:
        configure(root, lambda: Supervisor(logrotate=True))

        (logs,) = root.environment.resources.get(RotatedLogfile.key)
        assert logs.path == os.path.join(root.workdir, "var/log/*.log")
        assert logs.postrotate == f"kill -USR2 $(cat {root.workdir}/supervisord.pid)"

    def test_check_is_offered_to_nagios(self, root: RootComponent) -> None:
        configure(root, lambda: Supervisor(nagios=True, check_contact_groups="ops"))

        (check,) = root.environment.resources.get(Check.key)
        assert check.nrpe_command.strip() == os.path.join(root.workdir, "check_supervisor")
        assert check.contact_groups == "ops"

    def test_companion_of_a_platform_sees_the_running_supervisor(
        self, root: RootComponent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(RunningSupervisor, "_platforms", {}, raising=False)

        @platform("nixos", RunningSupervisor)
        class Unit(Component):
            """As batou_ext does it."""

            def verify(self) -> None:
                assert self.parent.is_running()

        root.host.platform = "nixos"

        configure(root, InstalledSupervisor)

        (unit,) = [part for part in root.component.recursive_sub_components if type(part) is Unit]
        assert isinstance(unit.parent, RunningSupervisor)
        assert unit.parent.is_running() is False


class TestProgramModel:
    """What a program is configured to."""

    def test_section_has_the_documented_settings(self, root: RootComponent) -> None:
        work = root.workdir
        configure(
            root,
            InstalledSupervisor,
            lambda: Program("app", command="bin/app", args="--fast", options={"user": "www"}),
        )

        content = root.component._.sub_components[0].content.decode()
        assert content == (
            "[program:app]\n"
            f"command = {work}/bin/app --fast\n"
            "process_name = app\n"
            f"directory = {work}\n"
            "priority = 10\n"
            f"stdout_logfile = {work}/var/log/app.log\n"
            "stdout_logfile_backups = 0\n"
            "stdout_logfile_maxbytes = 0\n"
            f"stderr_logfile = {work}/var/log/app.log\n"
            "stderr_logfile_backups = 0\n"
            "stderr_logfile_maxbytes = 0\n"
            "redirect_stderr = true\n"
            "user = www\n"
            "startsecs = 5\n"
            "startretries = 3\n\n"
        )

    def test_event_listener_has_the_documented_settings(self, root: RootComponent) -> None:
        configure(
            root,
            InstalledSupervisor,
            lambda: Eventlistener(
                "mem", command="bin/memmon", args="-a 1MB", events=("TICK_5", "TICK_60")
            ),
        )

        assert root.component._.sub_components[0].content.decode() == (
            "[eventlistener:mem]\n"
            f"command = {root.workdir}/bin/memmon -a 1MB\n"
            "events = TICK_5,TICK_60\n"
            "process_name = mem\n\n"
        )

    def test_options_of_the_class_are_never_changed(self, root: RootComponent) -> None:
        given = {"user": "www"}

        configure(
            root,
            InstalledSupervisor,
            lambda: Program("a", command="a"),
            lambda: Program("b", command="b", options=given),
        )

        assert Program.options == {}
        assert given == {"user": "www"}

    def test_start_of_the_slowest_program_is_waited_for(self, root: RootComponent) -> None:
        configure(
            root,
            InstalledSupervisor,
            lambda: Program("a", command="a", options={"startsecs": "30"}),
            lambda: Program("b", command="b"),
        )

        (supervisor,) = root.environment.resources.get("supervisor")
        assert supervisor.max_startup_delay == 30

    def test_command_may_stay_as_it_is(self, root: RootComponent) -> None:
        configure(
            root,
            InstalledSupervisor,
            lambda: Program("a", command="memcached", command_absolute=False, directory="run"),
        )

        program = root.component._
        assert program.command == "memcached"
        assert program.directory == os.path.join(root.workdir, "run")

    def test_disabled_program_is_not_started_with_the_supervisor(self, root: RootComponent) -> None:
        configure(root, InstalledSupervisor, lambda: Program("a", command="a", enable=False))

        assert b"\nautostart = false\n" in root.component._.sub_components[0].content

    def test_parent_is_the_default_dependency(self, root: RootComponent) -> None:
        configure(root, InstalledSupervisor, lambda: Program("a", command="a"))

        assert root.component._.dependencies == (root.component,)

    def test_template_can_be_replaced(self, root: RootComponent) -> None:
        section = "[program:{{component.name}}]\ncommand = {{component.command}}"

        configure(
            root,
            InstalledSupervisor,
            lambda: Program("a", command="/bin/a", program_section=section),
        )

        assert root.component._.sub_components[0].content == b"[program:a]\ncommand = /bin/a"

    def test_program_without_command_is_refused(self, root: RootComponent) -> None:
        with pytest.raises(ValueError, match="program 'a' has no command"):
            configure(root, InstalledSupervisor, lambda: Program("a"))

    def test_unknown_deployment_is_refused(self, root: RootComponent) -> None:
        with pytest.raises(ValueError, match="'warm', expected 'hot' or 'cold'"):
            configure(
                root, InstalledSupervisor, lambda: Program("a", command="a", deployment="warm")
            )

    def test_program_of_a_disabled_supervisor_is_left_alone(self, root: RootComponent) -> None:
        deploy(root, lambda: InstalledSupervisor(enable=False), sleeper())

        deploy(root, lambda: InstalledSupervisor(enable=False), sleeper())

        assert not root.component.changed

    def test_prediction_on_a_new_host_reports_everything(self, root: RootComponent) -> None:
        deploy(root, InstalledSupervisor, sleeper(), predict_only=True)

        assert [part.changed for part in root.component.sub_components] == [True, True]
        assert not Path(root.workdir, "etc").exists()


class Trigger(Component):
    """Changes whenever *content* does."""

    namevar = "content"

    def configure(self) -> None:
        self += File("trigger", content=self.content)

    content: str


@pytest.fixture
def running(root: RootComponent) -> Iterator[RootComponent]:
    """A root whose supervisord is ended after the test."""
    yield root
    pidfile = Path(root.workdir, "supervisord.pid")
    if pidfile.exists():
        configuration = Path(root.workdir, "etc/supervisord.conf")
        subprocess.run(
            [Path(root.workdir, "bin/supervisorctl"), "-c", configuration, "shutdown"],
            check=True,
            capture_output=True,
        )


def supervisor_pid(root: RootComponent) -> str:
    return Path(root.workdir, "supervisord.pid").read_text().strip()


def program(root: RootComponent) -> Program:
    (found,) = [part for part in root.component.sub_components if isinstance(part, Program)]
    return found


def program_pid(root: RootComponent) -> str:
    return program(root).ctl("pid app")[0].strip()


def check(root: RootComponent) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([Path(root.workdir, "check_supervisor")], capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.needs("supervisord", "supervisorctl")
class TestRunning:
    """With a real supervisord."""

    def test_supervisor_starts_and_converges(self, running: RootComponent) -> None:
        deploy(running, InstalledSupervisor)
        pid = supervisor_pid(running)

        deploy(running, InstalledSupervisor)

        assert not running.component.changed
        assert supervisor_pid(running) == pid
        assert check(running).stdout == "OK: 0 programs run\n"

    def test_program_starts_and_converges(self, running: RootComponent) -> None:
        make = [InstalledSupervisor, sleeper()]
        deploy(running, *make)
        pid = program_pid(running)
        assert program(running).is_running()

        deploy(running, *make)

        assert not running.component.changed
        assert program_pid(running) == pid
        assert check(running).stdout == "OK: 1 programs run\n"

    def test_changed_program_is_restarted_once(self, running: RootComponent) -> None:
        deploy(running, InstalledSupervisor, sleeper())
        before = supervisor_pid(running), program_pid(running)

        deploy(running, InstalledSupervisor, sleeper(priority=20))

        assert program_pid(running) != before[1]
        assert supervisor_pid(running) == before[0]
        log = Path(running.workdir, "var/log/supervisord.log").read_text()
        assert log.count("spawned: 'app'") == 2

    def test_program_is_restarted_when_a_dependency_changes(self, running: RootComponent) -> None:
        def make(content: str) -> list[Make]:
            trigger = Trigger(content)
            return [InstalledSupervisor, lambda: trigger, sleeper(dependencies=(trigger,))]

        deploy(running, *make("one"))
        first = program_pid(running)
        deploy(running, *make("one"))
        same = program_pid(running)

        deploy(running, *make("two"))

        assert same == first
        assert program_pid(running) != first

    def test_program_that_was_stopped_is_started(self, running: RootComponent) -> None:
        deploy(running, InstalledSupervisor, sleeper())
        program(running).ctl("stop app")

        deploy(running, InstalledSupervisor, sleeper())

        assert program(running).is_running()

    def test_disabled_program_is_stopped_and_converges(self, running: RootComponent) -> None:
        deploy(running, InstalledSupervisor, sleeper())

        deploy(running, InstalledSupervisor, sleeper(enable=False))
        stopped = not program(running).is_running()
        deploy(running, InstalledSupervisor, sleeper(enable=False))

        assert stopped
        assert not running.component.changed
        assert check(running).returncode == 2
        assert check(running).stdout == "CRITICAL: not running: app\n"

    def test_program_that_does_not_start_is_an_error(self, running: RootComponent) -> None:
        broken = sleeper(
            args='-c "raise SystemExit(1)"', options={"startsecs": 1, "startretries": 0}
        )

        with pytest.raises(RuntimeError, match=r"'app' is FATAL, wanted RUNNING; see .*app\.log"):
            deploy(running, InstalledSupervisor, broken)

    def test_cold_program_is_stopped_before_what_precedes_it_changes(
        self, running: RootComponent
    ) -> None:
        class Witness(Component):
            """Notes whether the program runs while this changes."""

            def verify(self) -> None:
                self.parent.sub_components[1].assert_no_changes()

            def update(self) -> None:
                seen.append(program(self.root).is_running())

        seen: list[bool] = []

        def make(content: str) -> list[Make]:
            cold = sleeper(deployment="cold")
            return [InstalledSupervisor, lambda: Trigger(content), Witness, cold]

        deploy(running, *make("one"))
        deploy(running, *make("two"))

        assert seen == [False, False]
        assert program(running).is_running()

    @pytest.mark.parametrize("mode", ["hot", "cold"])
    def test_changed_configuration_is_read(self, running: RootComponent, mode: str) -> None:
        deploy(running, InstalledSupervisor, sleeper())
        before = supervisor_pid(running)

        def changed() -> Component:
            return InstalledSupervisor(loglevel="warn", deployment_mode=mode)

        deploy(running, changed, sleeper())
        deploy(running, changed, sleeper())

        assert not running.component.changed
        assert (supervisor_pid(running) == before) is (mode == "hot")
        assert program(running).is_running()
        log = Path(running.workdir, "var/log/supervisord.log").read_text()
        assert log.count("INFO spawned: 'app'") == 1  # the second time it was no longer said

    def test_new_software_is_run(self, running: RootComponent) -> None:
        deploy(running, InstalledSupervisor)
        before = supervisor_pid(running)
        Path(running.workdir, "bin/supervisorctl").unlink()  # so that it is installed again

        deploy(running, InstalledSupervisor)

        assert supervisor_pid(running) != before

    def test_disabled_supervisor_is_stopped_and_converges(self, running: RootComponent) -> None:
        deploy(running, InstalledSupervisor)

        deploy(running, lambda: InstalledSupervisor(enable=False))
        deploy(running, lambda: InstalledSupervisor(enable=False))

        assert not running.component.changed
        assert not Path(running.workdir, "supervisord.pid").exists()
        assert check(running).returncode == 2
        assert check(running).stdout == "CRITICAL: supervisord does not answer\n"

    def test_event_listener_runs_and_converges(self, running: RootComponent) -> None:
        listener = Path(running.workdir, "listener")
        listener.write_text("#!/bin/sh\necho READY\nread line\n")
        listener.chmod(0o755)
        make: list[Make] = [
            InstalledSupervisor,
            lambda: Eventlistener("ticks", command="listener", events=("TICK_3600",)),
        ]
        deploy(running, *make)

        deploy(running, *make)

        assert not running.component.changed
        assert program(running).is_running()

    def test_program_that_is_not_decided_yet_is_a_warning(self, running: RootComponent) -> None:
        deploy(running, InstalledSupervisor, sleeper())
        Path(running.workdir, "etc/supervisor.d/slow.conf").write_text(
            "[program:slow]\ncommand = sleep 600\nstartsecs = 600\n"
        )
        program(running).ctl("update")

        assert check(running).returncode == 1
        assert check(running).stdout == "WARNING: not decided yet: slow\n"

    def test_failing_start_is_explained(
        self, running: RootComponent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Silent(Supervisor):
            """Its supervisord ends at once."""

            def _install(self) -> Component:
                program = File("bin/supervisord", content="#!/bin/sh\n", mode=0o755, leading=True)
                self += program
                return program

        monkeypatch.setattr(RunningSupervisor, "reload_timeout", 0)

        with pytest.raises(RuntimeError, match=r"does not answer .*supervisord\.log"):
            deploy(running, Silent)


@pytest.mark.slow
@pytest.mark.index
@pytest.mark.timeout(600)
@pytest.mark.parametrize("installer", ["buildout", "venv"])
def test_software_is_installed_and_converges(running: RootComponent, installer: str) -> None:
    def make() -> Component:
        return Supervisor(installer=installer, socketpath=f"{running.environment.short}/s")

    running.environment.timeout = 60
    deploy(running, make, sleeper())

    deploy(running, make, sleeper())

    assert not running.component.changed
    assert program(running).is_running()
    assert Path(running.workdir, "bin/memmon").exists()
