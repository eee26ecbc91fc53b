"""Somebody logs in, sudo makes the service user of it, and says what it lacks."""

import pytest

pytestmark = [pytest.mark.platform("ubuntu"), pytest.mark.needs("ssh")]

PROJECT = {
    "components/app/component.py": """
import os

from batou.component import Component
from batou.lib.file import File


class App(Component):
    def configure(self):
        self += File("app.conf", content="hi")
        self += File("~/.app", content="{{component.home}}")

    @property
    def home(self):
        return os.path.expanduser("~")
""",
    "environments/dev/environment.cfg": """
[environment]
service_user = app

[hosts]
web = app
""",
}


@pytest.fixture(scope="module")
def hosts(ssh_hosts):
    return ssh_hosts("web", user="app")


def test_all_that_is_deployed_belongs_to_the_service_user(hosts, project, batou):
    [web] = hosts.hosts
    place = project(PROJECT, hosts.ssh_config)

    batou(place, "deploy", "dev")
    again = batou(place, "deploy", "dev")

    owners = web.run("find /home/app/deployment /home/app/.app -printf '%u\\n' | sort -u")
    assert owners == "app\n"
    assert web.run(["cat", "/home/app/.app"]) == "/home/app"
    assert "web: 1 unchanged" in again.output


def test_sudo_that_wants_a_password_is_explained(hosts, project, batou):
    [web] = hosts.hosts
    place = project(PROJECT, hosts.ssh_config)
    web.run("sed -i.before s/NOPASSWD:// /etc/sudoers.d/batou")
    try:
        printed = batou(place, "deploy", "dev", expect=1).output
    finally:
        web.run("mv /etc/sudoers.d/batou.before /etc/sudoers.d/batou")

    assert "cannot connect to host 'web': sudo wants a password" in printed
    assert "LOGIN ALL = (app) NOPASSWD: ALL" in printed


def test_a_service_user_that_does_not_exist_is_explained(hosts, project, batou):
    place = project(PROJECT, hosts.ssh_config)
    settings = place / "environments/dev/environment.cfg"
    settings.write_text(settings.read_text().replace("= app\n\n", "= nobody-of-us\n\n"))

    printed = batou(place, "deploy", "dev", expect=1).output

    assert "cannot connect to host 'web': it does not have the user 'nobody-of-us'" in printed
