"""`batou.lib.goceptnet`."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import batou.lib.goceptnet
from batou.component import RootComponent
from batou.lib.file import Directory, File
from batou.lib.service import Service
from batou.vfs import Developer

DAEMON = """\
#!/bin/sh
echo $$ > {pidfile}
exec sleep 600
"""


@pytest.fixture
def gocept(root: RootComponent) -> RootComponent:
    """A root on a host of gocept.net, whose absolute paths lie in a sandbox."""
    root.host.platform = "gocept.net"
    root.environment.service_user = "app"
    root.environment.vfs_sandbox = Developer(root.environment, {})
    return root


def deploy(root: RootComponent, pidfile: str | None = "var/app.pid") -> Path:
    """Deploy a service; returns its init script."""
    root.prepare()
    root.component += Directory("/var/spool/init.d/app", leading=True)
    root.component += Service("bin/app", pidfile=pidfile)
    root.component.deploy()
    return Path(root.environment.workdir_base, "_/var/spool/init.d/app/app")


def run(script: Path, action: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([script, action], capture_output=True, text=True, timeout=30)


def test_script_is_executable_and_names_the_daemon(gocept: RootComponent) -> None:
    script = deploy(gocept)

    assert script.stat().st_mode & 0o777 == 0o755
    assert f"--exec {gocept.workdir}/bin/app" in script.read_text()
    assert f"--pidfile {gocept.workdir}/var/app.pid" in script.read_text()


def test_service_without_pidfile_is_found_by_its_executable(gocept: RootComponent) -> None:
    script = deploy(gocept, pidfile=None)

    assert f"--stop --quiet --retry 60 --exec {gocept.workdir}/bin/app" in script.read_text()


def test_second_deployment_changes_nothing(gocept: RootComponent) -> None:
    deploy(gocept)

    deploy(gocept)

    assert not gocept.component.changed


def test_paths_with_blanks_are_quoted(gocept: RootComponent) -> None:
    gocept.workdir = os.path.join(gocept.environment.base_dir, "it's here")

    script = deploy(gocept)

    assert subprocess.run(["sh", "-n", script]).returncode == 0
    assert "it'\"'\"'s here/bin/app'" in script.read_text()


def test_other_platforms_get_no_script(root: RootComponent) -> None:
    root.host.platform = "debian-of-somebody"

    root.component += Service("bin/app")

    assert root.component._.sub_components == []


def test_unknown_action_is_refused(gocept: RootComponent) -> None:
    result = run(deploy(gocept), "frobnicate")

    assert result.returncode == 2
    assert "start|stop|restart|status" in result.stderr


@pytest.mark.needs("start-stop-daemon")
def test_script_starts_reports_and_stops_the_daemon(gocept: RootComponent) -> None:
    pidfile = Path(gocept.workdir, "var/app.pid")
    gocept.component += Directory("bin")
    gocept.component += Directory("var")
    gocept.component += File("bin/app", content=DAEMON.format(pidfile=pidfile), mode=0o755)
    gocept.component.deploy()
    script = deploy(gocept)
    daemon = subprocess.Popen([Path(gocept.workdir, "bin/app")])
    try:
        deadline = time.monotonic() + 10
        while not (pidfile.exists() and pidfile.read_text().strip()):
            assert time.monotonic() < deadline
            time.sleep(0.02)

        assert run(script, "status").stdout == "app is running\n"
        assert run(script, "start").returncode == 0  # it runs: nothing to do
        assert pidfile.read_text().strip() == str(daemon.pid)
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
        assert run(script, "status").returncode == 3
        assert run(script, "stop").returncode == 0  # it does not: nothing to do
    finally:
        daemon.kill()
        daemon.wait()


def test_companion_starts_the_service_through_the_script(gocept: RootComponent) -> None:
    deploy(gocept)
    companion = gocept.component.sub_components[-1]._platform_component
    Path(companion._script).write_text(f"#!/bin/sh\necho $1 > {gocept.workdir}/called\n")

    companion.parent.start()

    assert isinstance(companion, batou.lib.goceptnet.UserInit)
    assert Path(gocept.workdir, "called").read_text() == "start\n"
