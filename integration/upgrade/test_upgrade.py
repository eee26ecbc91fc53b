"""What leaves the project leaves the host; what components and people wrote stays."""

import os
import shutil

import pytest

pytestmark = pytest.mark.platform("ubuntu")

PROJECT = {
    "components/app/component.py": """
from batou.component import Component
from batou.lib.file import File


class App(Component):
    def configure(self):
        self += File("app.conf", content="version 1")
""",
    "components/old/component.py": "from batou.component import Component\n",
    "components/old/data/table.csv": "1;2;3\n",
    "environments/dev/environment.cfg": """
[environment]
connect_method = docker
target_directory = /srv/app

[hosts]
@host@ = app
""",
}


def test_old_files_go_and_work_is_kept(hosts, project, batou):
    [host] = hosts("web", network="none")
    place = project(PROJECT, host=host.container)
    settings = place / "environments/dev/environment.cfg"
    method = os.path.basename(host.fleet.engine.command)
    settings.write_text(settings.read_text().replace("docker", method))
    batou(place, "deploy", "dev")
    host.run("echo data >/srv/app/work/app/database && echo mine >/srv/app/note")

    shutil.rmtree(place / "components/old")
    component = place / "components/app/component.py"
    component.write_text(component.read_text().replace("version 1", "version 2"))
    (place / "components/app/new.txt").write_text("new")
    batou(place, "deploy", "dev")
    again = batou(place, "deploy", "dev")

    found = host.files("/srv/app")
    assert not [path for path in found if path.startswith("/srv/app/components/old")]
    assert host.run("cat /srv/app/work/app/app.conf") == "version 2"
    assert host.run("cat /srv/app/work/app/database /srv/app/note") == "data\nmine\n"
    assert "/srv/app/components/app/new.txt" in found
    assert "1 unchanged" in again.output
