"""A plan over the same line changes nothing on the host outside of ``.batou``."""

import os

import pytest

pytestmark = pytest.mark.platform("ubuntu")

PLACES = ("/srv", "/home", "/root", "/etc", "/tmp", "/opt", "/var")

PROJECT = {
    "components/app/component.py": """
from batou.component import Component
from batou.lib.file import File, Symlink


class App(Component):
    def configure(self):
        self += File("dir", ensure="directory")
        self += File("dir/app.conf", content="{{host.name}}", mode=0o640)
        self += Symlink("link", source="dir/app.conf")
        self += File("/etc/app.conf", content="x")
        self += Run()


class Run(Component):
    def verify(self):
        self.parent.assert_no_changes()

    def update(self):
        self.cmd("touch /tmp/ran")
""",
    "environments/dev/environment.cfg": """
[environment]
connect_method = docker
target_directory = /srv/app

[hosts]
@host@ = app
""",
}


def state(host):
    """Every file of the host where something could be written."""
    found = {path: what for place in PLACES for path, what in host.files(place).items()}
    return {path: what for path, what in found.items() if "/.batou" not in path}


def test_a_plan_changes_nothing_before_and_after_a_deployment(hosts, project, batou):
    [host] = hosts("web", network="none")
    place = project(PROJECT, host=host.container)
    settings = place / "environments/dev/environment.cfg"
    method = os.path.basename(host.fleet.engine.command)
    settings.write_text(settings.read_text().replace("docker", method))

    pristine = state(host)
    first = batou(place, "plan", "dev")
    after_plan = state(host)
    batou(place, "deploy", "dev")
    deployed = state(host)
    component = place / "components/app/component.py"
    component.write_text(component.read_text().replace("0o640", "0o600").replace('"x"', '"y"'))
    second = batou(place, "plan", "dev", "--detailed-exitcode", expect=3)

    assert "1 would update" in first.output
    assert {**after_plan, "/srv/app": ""} == {**pristine, "/srv/app": ""}
    assert "/etc/app.conf" in deployed.keys() - pristine.keys()
    assert "1 would update" in second.output
    assert state(host) == deployed
