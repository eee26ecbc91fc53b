"""What runs on hosts gets along without what stays on the controller."""

import json
import pkgutil
import sys

import pytest

import batou.c
import batou.component
import batou.environment
import batou.lib
from batou.bundle.runtime import CONTROLLER
from batou.deploy.options import RunOptions
from batou.deploy.request import configure_request
from batou.environment import Environment
from batou.goal import Goal

LIBRARIES = "click configupdater execnet packaging piptools pyrage requests rich pytest docker"
STAYS = (
    f"name.split('.')[0] in {LIBRARIES.split()} "
    f"or name.split('.')[:2] in {[['batou', package] for package in sorted(CONTROLLER)]}"
)
IS_STRANGE = "name.split('.')[0] not in {*sys.stdlib_module_names, 'batou'}"

SHIPPED = sorted(
    {"batou.agent.serve", "batou.agent.stage0", "batou.component", "batou.environment"}
    | {
        module.name
        for package in (batou.component, batou.environment, batou.lib)
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    }
)


def test_batou_itself_needs_the_standard_library_only(refusing):
    printed = refusing(
        IS_STRANGE,
        """
        import batou
        print(batou.UpdateNeeded.__name__, batou.utils.cmd("echo hello")[0])
        """,
    )

    assert printed == "UpdateNeeded hello\n\n"


def test_a_refused_library_is_noticed(refusing):
    with pytest.raises(AssertionError, match="jinja2 must not be needed here"):
        refusing(IS_STRANGE, "import batou.component")
    with pytest.raises(AssertionError, match="click must not be needed here"):
        refusing(STAYS, "import click")
    with pytest.raises(AssertionError, match=r"batou\.cli must not be needed here"):
        refusing(STAYS, "import batou.cli.deploy")


@pytest.mark.parametrize("first", ["batou.agent.serve", "batou.environment", "batou.component"])
def test_each_way_in_gets_along_without_the_controller(refusing, first):
    refusing(STAYS, f"import {first}")


def test_all_that_ships_gets_along_without_the_controller(refusing):
    assert "batou.lib.file.content" in SHIPPED

    printed = refusing(
        STAYS,
        f"""
        import importlib
        for name in {SHIPPED}:
            importlib.import_module(name)
        import batou.utils, batou._output
        print([name for name in sys.modules if is_refused(name)])
        """,
    )

    assert printed == "[]\n"


SESSION = """
import json
from batou.agent.serve import END, serve

class Channel:
    def setcallback(self, callback, endmarker):
        assert endmarker is END
        self.callback = callback
        for request in json.load(sys.stdin):
            callback(request)

    def send(self, message):
        print(json.dumps(message), file=real)
        if message["say"] == "done":
            self.callback(END)

real = sys.stdout
serve(Channel())
"""

COMPONENT = """
from batou.component import Attribute, Component, ConfigString
from batou.lib.file import File, YAMLContent
from batou.utils import Address

class Server(Component):
    address = Attribute(Address, ConfigString("localhost:80"))
    def configure(self):
        self.provide("server", self.address)
        port = "port {{component.address.connect.port}}\\n"
        self += File("server.conf", content=port, mode=0o600)
        self += YAMLContent("server.yaml", data={"a": 1})

class Client(Component):
    def configure(self):
        self.server = self.require_one("server")
        self += File("client.conf", content="{{component.server.connect}}\\n")
    def verify(self):
        self.assert_cmd("test -e done")
    def update(self):
        self.cmd("touch done")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "components" / "all"
    folder.mkdir(parents=True)
    (folder / "component.py").write_text(COMPONENT)
    settings = tmp_path / "environments" / "here" / "environment.cfg"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        "[environment]\nconnect_method = local\n[hosts]\nlocalhost = client, server\n"
    )
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("batou.c.all", None)
    vars(batou.c).pop("all", None)


def test_a_whole_session_gets_along_without_the_controller(refusing, project):
    environment = Environment("here", basedir=str(project))
    environment.load()
    assert environment.configure() == []
    configure = configure_request(environment, RunOptions("here", goal=Goal.DEPLOY), "localhost")
    deploy = {"do": "deploy", "roots": ["server", "client"]}

    printed = refusing(
        STAYS, SESSION, json.dumps([{**configure, "base_dir": str(project)}, deploy])
    )

    messages = [json.loads(line) for line in printed.splitlines()]
    said = [message for message in messages if message["say"] in ("configured", "root", "done")]
    assert said[0] == {"say": "configured", "failures": []}, messages
    assert [(each.get("root"), each.get("outcome")) for each in said[1:]] == [
        ("server", "updated"),
        ("client", "updated"),
        (None, None),
    ]
    assert (project / "work/server/server.conf").read_text() == "port 80\n"
    assert (project / "work/client/client.conf").read_text() == "localhost:80\n"
    assert (project / "work/client/done").exists()
