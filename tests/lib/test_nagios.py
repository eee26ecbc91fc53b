"""`batou.lib.nagios`."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from batou.component import Component, RootComponent
from batou.errors import ConfigurationError
from batou.host import Host
from batou.lib.file import Directory
from batou.lib.nagios import NagiosServer, NRPEHost, NRPEService, Service, ServiceCheck
from batou.vfs import Developer

NRPE = "/etc/nagios/nrpe/local"


@pytest.fixture(autouse=True)
def app_user(root: RootComponent) -> None:
    """The deployment runs as ``app``, and absolute paths lie in a sandbox."""
    root.environment.service_user = "app"
    root.environment.host_domain = "example.com"
    root.environment.vfs_sandbox = Developer(root.environment, {})


def deploy(root: RootComponent, *make: Callable[[], Component]) -> None:
    """Deploy what *make* makes in a new tree, as each run does."""
    root.environment.resources.begin(root)
    root.prepare()
    for component in make:
        root.component += component()
    root.component.deploy()


def server_config(root: RootComponent) -> str:
    return Path(root.workdir, "nagios-server-app.cfg").read_text()


def nrpe_config(root: RootComponent) -> str:
    return Path(root.environment.workdir_base, "_" + NRPE, "app.cfg").read_text()


def test_service_has_all_its_settings(root: RootComponent) -> None:
    deploy(
        root,
        lambda: Service(
            "HTTP, main",
            command="check_http",
            args="-p 80",
            notes_url="https://wiki/http",
            contact_groups=["admins", "web"],
        ),
        lambda: NagiosServer(static="# the end"),
    )

    assert (
        server_config(root)
        == """\

#
# HTTP_ main
#
define service {
    use                             generic-service
    host_name                       localhost.example.com
    service_description             HTTP_ main
    check_command                   check_http!-p 80
    servicegroups                   direct
    contact_groups                  admins,web
    notes_url                       https://wiki/http
}

# the end
"""
    )


def test_settings_that_are_not_given_are_left_out(root: RootComponent) -> None:
    deploy(root, lambda: Service("HTTP", command="check_http"), NagiosServer)

    assert "contact_groups" not in server_config(root)
    assert "notes_url" not in server_config(root)


def test_dependency_names_both_hosts_and_services(root: RootComponent) -> None:
    other = Host("db", root.environment)
    deploy(
        root,
        lambda: Service(
            "HTTP", command="check_http", depend_on=[(other, "DB, main"), ("x.example.com", "Net")]
        ),
        NagiosServer,
    )

    assert """
define servicedependency {
    use                             generic-servicedependency
    host_name                       db.example.com
    dependent_host_name             localhost.example.com
    service_description             DB_ main
    dependent_service_description   HTTP
}

define servicedependency {
    use                             generic-servicedependency
    host_name                       x.example.com
""" in server_config(root)


def test_services_are_sorted_by_host_and_description(root: RootComponent) -> None:
    other = Host("a", root.environment)
    root.environment.hosts["a"] = other
    elsewhere = root.environment.add_root("mycomponent", other)
    elsewhere.prepare()
    elsewhere.component += Service("Z", command="z")

    deploy(
        root,
        lambda: Service("B", command="b"),
        lambda: Service("A", command="a"),
        NagiosServer,
    )

    lines = server_config(root).splitlines()
    assert [line[2:] for line in lines if line.startswith("# ")] == ["Z", "A", "B"]


def test_server_file_is_for_all_to_read(root: RootComponent) -> None:
    deploy(root, lambda: Service("HTTP", command="check_http"), NagiosServer)

    mode = Path(root.workdir, "nagios-server-app.cfg").stat().st_mode
    assert mode & 0o777 == 0o644


def test_second_deployment_changes_nothing(root: RootComponent) -> None:
    make: list[Callable[[], Component]] = [
        lambda: Directory(NRPE, leading=True),
        lambda: NRPEService("Disk", command="check_disk"),
        NagiosServer,
        NRPEHost,
    ]
    deploy(root, *make)

    deploy(root, *make)

    assert not root.component.changed


def test_user_of_the_host_wins_in_file_names(root: RootComponent) -> None:
    root.host.service_user = "special"

    deploy(root, lambda: Service("HTTP", command="check_http"), NagiosServer)

    assert Path(root.workdir, "nagios-server-special.cfg").exists()


def test_nrpe_file_has_a_line_per_command(root: RootComponent) -> None:
    deploy(
        root,
        lambda: Directory(NRPE, leading=True),
        lambda: NRPEService("Load", command="check_load", args="-w 5", name="my_load"),
        lambda: NRPEService("Disk (root)", command="check_disk"),
        lambda: Service("HTTP", command="check_http"),
        NRPEHost,
    )

    assert nrpe_config(root) == (
        "command[disk_root]=check_disk \ncommand[my_load]=check_load -w 5\n\n"
    )


def test_nrpe_service_is_asked_for_by_name(root: RootComponent) -> None:
    root.component += NRPEService("Disk (root)", command="check_disk")

    check = root.component._
    assert (check.check_command, check.nrpe_command, check.servicegroups) == (
        "check_nrpe!disk_root",
        "check_disk ",
        "nrpe",
    )


def test_two_commands_of_one_name_are_refused(root: RootComponent) -> None:
    root.component += NRPEService("Disk /", command="check_a")
    root.component += NRPEService("Disk -", command="check_b")

    with pytest.raises(ConfigurationError, match="two NRPE checks are called 'disk'"):
        root.component += NRPEHost()


def test_host_without_nrpe_checks_has_an_empty_file(root: RootComponent) -> None:
    deploy(root, lambda: Directory(NRPE, leading=True), NRPEHost)

    assert nrpe_config(root) == "\n"


@pytest.mark.parametrize("nrpe, kind", [(False, Service), (True, NRPEService)])
def test_service_check_chooses_the_kind(nrpe: bool, kind: type[Service]) -> None:
    check = ServiceCheck("Disk", nrpe=nrpe, command="check_disk", contact_groups="ops")

    assert type(check) is kind
    assert (check.description, check.command, check.contact_groups) == ("Disk", "check_disk", "ops")


def test_attributes_patched_onto_the_class_become_keywords(
    root: RootComponent, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("name", "interval", "cron"):
        monkeypatch.setattr(Service, name, None, raising=False)

    root.component += Service("Disk", command="check_disk", name="disk", interval=60)

    provided = root.environment.resources.get("batou.lib.nagios:Service")
    assert [(check.name, check.interval) for check in provided] == [("disk", 60)]


SURROUNDINGS = """\
define timeperiod {
    timeperiod_name always
    alias always
    monday 00:00-24:00
}
define command {
    command_name check_http
    command_line /bin/true $ARG1$
}
define command {
    command_name check_nrpe
    command_line /bin/true $ARG1$
}
define contact {
    contact_name admin
    host_notification_commands check_http
    service_notification_commands check_http
    host_notification_period always
    service_notification_period always
}
define contactgroup {
    contactgroup_name admins
    alias admins
    members admin
}
define host {
    host_name localhost.example.com
    address 127.0.0.1
    max_check_attempts 1
    check_period always
    notification_period always
    contacts admin
}
define servicegroup {
    servicegroup_name direct
}
define servicegroup {
    servicegroup_name nrpe
}
define service {
    name generic-service
    register 0
    check_period always
    notification_period always
    max_check_attempts 1
    contacts admin
}
define servicedependency {
    name generic-servicedependency
    register 0
    notification_failure_criteria c
}
"""
"""What a server has besides what batou writes."""

SETTINGS = """\
nagios_user={2}
nagios_group={3}
cfg_file={0}/surroundings.cfg
cfg_file={1}
log_file={0}/log
lock_file={0}/lock
temp_file={0}/temp
temp_path={0}
log_archive_path={0}
check_result_path={0}
object_cache_file={0}/cache
status_file={0}/status
state_retention_file={0}/retention
check_external_commands=0
"""


# not `needs`: a server is much to ask of every machine that runs the tests
@pytest.mark.skipif(not shutil.which("nagios4"), reason="missing: nagios4")
def test_nagios_accepts_the_configuration(root: RootComponent, tmp_path: Path) -> None:
    deploy(
        root,
        lambda: Service("Page", command="check_http", args="-u / -s 'hello'"),
        lambda: NRPEService(
            "Disk, of the pages",
            command="/bin/check_disk",
            args="-w 10%",
            contact_groups=["admins"],
            notes_url="https://example.com/disk?a=b",
            depend_on=[("localhost.example.com", "Page")],
        ),
        lambda: NagiosServer(static="define hostgroup {\n    hostgroup_name all\n}\n"),
    )
    written = Path(root.workdir, "nagios-server-app.cfg")
    (tmp_path / "surroundings.cfg").write_text(SURROUNDINGS)
    (tmp_path / "nagios.cfg").write_text(
        SETTINGS.format(tmp_path, written, os.geteuid(), os.getegid())
    )

    checked = subprocess.run(
        ["nagios4", "-v", tmp_path / "nagios.cfg"], capture_output=True, text=True
    )

    assert "Checked 2 services" in checked.stdout
    assert "Checked 1 service dependencies" in checked.stdout
    assert checked.returncode == 0, checked.stdout
