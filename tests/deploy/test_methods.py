"""How hosts are reached: sudo, containers, machines of tools; with scripts that play programs."""

import getpass

import pytest

pytestmark = pytest.mark.needs("/usr/sbin/sshd", "ssh", "ssh-keygen")

APP = """
import os
class App(Component):
    def configure(self):
        self += File("app.conf", content="{{host.name}}")
    def verify(self):
        raise batou.UpdateNeeded
    def update(self):
        print("user", os.environ.get("USER"), "home", os.environ.get("HOME"))
"""


@pytest.fixture
def app(project, server, target):
    """A project with one host, the server."""
    project.component("app", APP)
    project.write("ssh_config", server.config("one"))
    project.remote_environment(target, "one = app")
    return project


# The service user


def test_sudo_is_used_if_somebody_else_logs_in(app, server, target):
    server.programs.write("sudo", 'shift 3; exec "$@"')
    app.remote_environment(target, "one = app", "service_user = app")

    app.run("deploy", "prod")

    assert server.programs.calls.startswith("sudo -ni -u app python3 -I -S")
    assert server.logins == 2
    assert (target / "work/app/app.conf").exists()


def test_sudo_is_used_at_once_if_it_is_required(app, server, target):
    server.programs.write("sudo", 'shift 3; exec "$@"')
    app.remote_environment(target, "one = app", "service_user = app\nrequire_sudo = True")

    app.run("deploy", "prod")

    assert server.logins == 1


def test_sudo_is_not_used_if_the_service_user_logs_in(app, server, target):
    server.programs.write("sudo", "exit 1")
    app.remote_environment(target, "one = app", f"service_user = {getpass.getuser()}")

    app.run("deploy", "prod")

    assert server.programs.calls == ""


@pytest.mark.parametrize(
    "says, meaning, advice",
    [
        ("sudo: a password is required", "sudo wants a password", "NOPASSWD: ALL"),
        ("sudo: unknown user app", "it does not have the user 'app'", "create the user"),
        (
            "Sorry, user me is not allowed to execute '/bin/bash -c x' as app on one.",
            "sudo does not allow it",
            "LOGIN ALL = (app) NOPASSWD: ALL",
        ),
        ("sh: 1: sudo: not found", "it has no sudo", "require_sudo = False"),
    ],
)
def test_sudo_that_refuses_is_explained(app, server, target, says, meaning, advice):
    server.programs.write("sudo", f'echo "{says}" >&2; exit 1')
    app.remote_environment(target, "one = app", "service_user = app\nrequire_sudo = True")

    printed = app.run("deploy", "prod", code=1)

    assert f"cannot connect to host 'one': {meaning}" in printed
    assert advice in printed
    assert server.logins == 1  # another try would change nothing


# Containers

ENTER = """
test "$1 $2" = "exec -i" || exit 9
shift 2
if test "$1" = -u; then shift 2; fi
shift
export HOME=/nowhere
exec "$@"
"""


@pytest.mark.parametrize("method", ["docker", "podman"])
def test_a_container_is_entered_by_the_name_of_its_host(app, programs, target, method):
    programs.write(method, ENTER)
    app.remote_environment(target, "one = app", f"connect_method = {method}\nservice_user = root")

    printed = app.run("deploy", "prod", env=programs.env)

    assert f"{method} exec -i -u root one sh -c" in programs.calls
    assert (target / "work/app/app.conf").read_text() == "one"
    assert f"user {getpass.getuser()} home " in printed
    assert "/nowhere" not in printed


@pytest.mark.parametrize(
    "says, meaning",
    [
        ("Error response from daemon: No such container: one", "no running container 'one'"),
        ("Error response from daemon: container 1f is not running", "no running container 'one'"),
        (
            "unable to find user app: no matching entries in passwd file",
            "it does not have the user 'app'",
        ),
        ('exec failed: exec: "sh": executable file not found in $PATH', "has no shell"),
        ("sh: 1: exec: python3: not found", "it has no python3"),
    ],
)
def test_a_container_that_cannot_be_entered_is_explained(app, programs, target, says, meaning):
    programs.write("docker", f"echo '{says}' >&2; exit 1")
    app.remote_environment(target, "one = app", "connect_method = docker\nservice_user = app")

    printed = app.run("deploy", "prod", code=1, env=programs.env)

    assert "cannot connect to host 'one'" in printed
    assert meaning in printed
    assert programs.calls.count("docker exec") == 1


def test_a_container_engine_that_is_not_installed_is_explained(app, programs, target):
    programs.write("sh", 'exec /bin/sh "$@"')
    app.remote_environment(target, "one = app", "connect_method = podman")

    printed = app.run("deploy", "prod", code=1, env={"PATH": str(programs.directory)})

    assert "cannot connect to host 'one': podman is not installed" in printed


# Machines of tools


def test_vagrant_starts_machines_and_says_how_ssh_reaches_them(app, server, programs, target):
    config = server.config("one")
    programs.write("vagrant", f"test $1 = up || cat << END\n{config}\nEND")
    app.remote_environment(target, "one = app", "connect_method = vagrant")
    app.write("ssh_config", "not used")

    app.run("deploy", "prod", env=programs.env)

    assert programs.calls == "vagrant up one\nvagrant ssh-config one\n"
    assert (target / "work/app/app.conf").read_text() == "one"


def test_kitchen_creates_machines_and_says_where_they_are(app, server, programs, target):
    diagnosis = f"""\
timestamp: 2024-01-01 00:00:00 UTC
instances:
  one:
    state_file:
      hostname: 127.0.0.1
      port: '{server.port}'
      username: {getpass.getuser()}
      ssh_key: {server.directory}/id
    transport:
      name: ssh
      port: 22
"""
    programs.write("kitchen", f"test $1 != diagnose || cat << END\n{diagnosis}END")
    app.remote_environment(target, "one = app", "connect_method = kitchen")
    env = {**programs.env, "BATOU_POST_KITCHEN_CREATE_CMD": "true"}

    app.run("deploy", "prod", env=env)

    calls = ["kitchen create one", "kitchen exec one -c true", "kitchen diagnose one"]
    assert programs.calls.splitlines() == calls
    assert (target / "work/app/app.conf").read_text() == "one"


@pytest.mark.parametrize("method", ["vagrant", "kitchen"])
def test_a_tool_that_is_not_installed_is_explained(app, programs, target, method):
    app.remote_environment(target, "one = app", f"connect_method = {method}")

    printed = app.run("deploy", "prod", code=1, env={"PATH": str(programs.directory)})

    assert "no such file or directory" in printed
    assert f"install {method}, or set another connect_method" in printed


def test_a_tool_that_fails_is_told_with_what_it_said(app, programs, target):
    programs.write("vagrant", "echo 'no Vagrantfile here' >&2; exit 3")
    app.remote_environment(target, "one = app", "connect_method = vagrant")

    printed = app.run("deploy", "prod", code=1, env=programs.env)

    assert "vagrant up one: exit code 3" in printed
    assert "no Vagrantfile here" in printed


def test_a_machine_without_an_address_is_explained(app, programs, target):
    programs.write("kitchen", "test $1 != diagnose || echo 'instances: {one: {}}'")
    app.remote_environment(target, "one = app", "connect_method = kitchen")

    printed = app.run("deploy", "prod", code=1, env=programs.env)

    assert "kitchen diagnose one: it does not tell the machine's address" in printed
