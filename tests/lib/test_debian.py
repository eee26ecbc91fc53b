"""`batou.lib.debian`."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import batou.lib.logrotate
import batou.lib.supervisor
from batou.component import Component, RootComponent
from batou.lib.cron import CronJob
from batou.lib.debian import Logrotate, RebootCronjob, Supervisor
from batou.lib.file import Directory, File
from batou.lib.logrotate import RotatedLogfile
from batou.lib.service import Service


@pytest.fixture(params=["debian", "ubuntu"])
def debian(request: pytest.FixtureRequest, root: RootComponent) -> RootComponent:
    """A root on a host of each platform."""
    root.host.platform = request.param
    return root


def deploy(root: RootComponent, *make: Callable[[], Component]) -> None:
    """Deploy what *make* makes in a new tree, as each run does."""
    root.environment.resources.begin(root)
    root.prepare()
    for component in make:
        root.component += component()
    root.component.deploy()


def cron_lines(root: RootComponent) -> list[str]:
    return [job.format() for job in root.environment.resources.get(CronJob.key)]


def test_service_is_started_at_boot(debian: RootComponent) -> None:
    deploy(debian, lambda: Service("bin/app"))

    assert cron_lines(debian) == [f"@reboot {debian.workdir}/bin/app  2>&1 | logger -t mycomponent"]


def test_service_with_boot_job_is_still_started_by_its_executable(debian: RootComponent) -> None:
    deploy(debian, lambda: Service("touch started"))
    service = debian.component.sub_components[0]

    service.start()

    assert isinstance(service._platform_component, RebootCronjob)
    assert Path(debian.workdir, "started").exists()


def test_other_platforms_have_no_boot_job(root: RootComponent) -> None:
    root.host.platform = "nixos"

    deploy(root, lambda: Service("bin/app"))

    assert cron_lines(root) == []


def test_log_files_are_rotated_by_cron(debian: RootComponent) -> None:
    deploy(debian, lambda: RotatedLogfile("a.log"), Logrotate)

    work = debian.workdir
    assert cron_lines(debian) == [
        f"45 2 * * * /usr/sbin/logrotate -s {work}/logrotate.state {work}/logrotate.conf"
    ]


def test_plain_logrotate_has_no_cron_job(debian: RootComponent) -> None:
    deploy(debian, lambda: RotatedLogfile("a.log"), batou.lib.logrotate.Logrotate)

    assert cron_lines(debian) == []


def test_common_options_come_first(debian: RootComponent) -> None:
    deploy(debian, lambda: RotatedLogfile("a.log"), Logrotate)

    conf = Path(debian.workdir, "logrotate.conf").read_text()
    assert conf.startswith(
        "daily\nrotate 14\ncreate\ndateext\ncompress\nnotifempty\nnomail\nnoolddir\n"
        f"missingok\nsharedscripts\n\n{debian.workdir}/a.log  {{\n"
    )


def test_second_deployment_changes_nothing(debian: RootComponent) -> None:
    make: list[Callable[[], Component]] = [
        lambda: Service("bin/app"),
        lambda: RotatedLogfile("a.log"),
        Logrotate,
    ]
    deploy(debian, *make)

    deploy(debian, *make)

    assert not debian.component.changed


def test_pidfile_of_supervisor_lies_in_var(root: RootComponent) -> None:
    supervisor = Supervisor()
    supervisor.parent, supervisor.workdir = root, root.workdir

    assert supervisor.pidfile == os.path.join(root.workdir, "var/supervisord.pid")
    assert isinstance(supervisor, batou.lib.supervisor.Supervisor)


@pytest.mark.needs("logrotate")
def test_cron_job_rotates_with_a_state_of_its_own(debian: RootComponent) -> None:
    deploy(
        debian,
        lambda: Directory("log"),
        lambda: File("log/a.log", content="old\n"),
        lambda: RotatedLogfile("log/a.log"),
        Logrotate,
    )
    _, _, _, _, _, program, *args = cron_lines(debian)[0].split()

    subprocess.run(["logrotate", "--force", *args], check=True)

    assert program == "/usr/sbin/logrotate"
    assert Path(debian.workdir, "logrotate.state").exists()
    assert [name for name in os.listdir(Path(debian.workdir, "log")) if name.endswith(".gz")]
