"""``batou graph``, as a user runs it."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from xml.etree import ElementTree

import pyrage
import pytest

COMPONENT = """
from batou.component import *

class Db(Component):
    def configure(self):
        print("printed by a component")
        self.log("logged by a component")
        self.provide("db", self.host.fqdn)

class App(Component):
    def configure(self):
        self.require("db")
"""

ENVIRONMENT = """
[environment]
connect_method = ssh
platform = debian

[hosts]
db1 = db
web1 = app
web2 = !app
"""


class Project:
    """A project on disk, and batou run in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("components/all/component.py", COMPONENT)
        self.write("environments/prod/environment.cfg", ENVIRONMENT)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, dedented."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def run(self, *args: str, cwd: Path | None = None, **environ: str):
        """Run batou; stdout and stderr are kept apart."""
        return subprocess.run(
            [sys.executable, "-m", "batou", *args],
            cwd=cwd or self.path,
            env={**os.environ, "APPENV_BASEDIR": str(self.path), **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    @property
    def files(self) -> list[str]:
        """All files but batou's own."""
        paths = (path.relative_to(self.path) for path in self.path.rglob("*"))
        return sorted(str(path) for path in paths if not str(path).startswith(".batou"))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_text_is_all_that_is_printed(project):
    done = project.run("graph", "prod")

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "environment 'prod': 3 hosts, 3 components, 2 dependencies\n"
        "\n"
        "db1 (debian)\n"
        "   1. db\n"
        "      provides 'db' to web1: app, web2: app\n"
        "\n"
        "web1 (debian)\n"
        "   2. app\n"
        "      needs db1: db (key 'db')\n"
        "\n"
        "web2 (debian)\n"
        "   3. app (ignored)\n"
        "      needs db1: db (key 'db')\n"
        "\n"
        "order\n"
        "   1. db1: db\n"
        "   2. web1: app\n"
        "   3. web2: app (ignored)\n"
    )


def test_nothing_of_the_project_is_changed(project):
    before = project.files

    project.run("graph", "prod")

    assert project.files == before


def test_debug_shows_beside_it_what_components_say(project):
    done = project.run("--debug", "graph", "prod")

    assert "logged by a component" in done.stderr
    assert done.stdout.startswith("environment 'prod'")


def test_the_name_of_the_file_tells_the_format(project):
    svg = project.run("graph", "prod", "-o", "prod.svg")
    dot = project.run("graph", "prod.cfg", "--output", "prod.GV")
    text = project.run("graph", "prod", "-o", "prod")

    assert (svg.returncode, svg.stdout) == (0, "")
    assert ElementTree.parse(project.path / "prod.svg").getroot().get("role") == "img"
    assert (dot.returncode, dot.stdout) == (0, "")
    assert (project.path / "prod.GV").read_text().startswith('digraph "prod" {')
    assert (text.returncode, text.stdout) == (0, "")
    assert (project.path / "prod").read_text().startswith("environment 'prod'")


def test_the_format_that_is_asked_for_wins(project):
    project.run("graph", "prod", "--format", "dot", "-o", "prod.svg")

    assert (project.path / "prod.svg").read_text().startswith('digraph "prod" {')


def test_a_file_is_relative_to_where_the_user_is(project):
    below = project.path / "components"

    done = project.run("graph", "prod", "-o", "x.svg", cwd=below)

    assert done.returncode == 0
    assert (below / "x.svg").exists()


def test_a_file_that_cannot_be_written_is_an_error(project):
    done = project.run("graph", "prod", "-o", "missing/x.svg")

    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert "No such file or directory" in done.stderr


@pytest.mark.parametrize("format", ["text", "dot", "svg"])
def test_output_does_not_depend_on_the_order_of_sets(project, format):
    runs = [
        project.run("graph", "prod", "--format", format, "-o", "-", PYTHONHASHSEED=seed)
        for seed in ("1", "2", "3")
    ]

    assert [run.returncode for run in runs] == [0, 0, 0], runs[0].stderr
    assert len({run.stdout for run in runs}) == 1


def test_output_is_utf_8_whatever_the_terminal_speaks(project):
    project.write(
        "components/umlaut/component.py",
        """
        from batou.component import *
        class Part(Component):
            namevar = "name"
        class Whole(Component):
            def configure(self):
                self += Part("ü")
        """,
    )
    project.write("environments/u/environment.cfg", "[hosts]\nh = whole\n")

    printed = [
        project.run("graph", "u", "--sub", "--format", format, PYTHONIOENCODING="ascii").stdout
        for format in ("text", "dot", "svg")
    ]

    assert ["└─ Part('ü')" in text for text in printed] == [True, True, True]


def test_sub_components_are_shown_with_sub(project):
    project.write(
        "components/all/component.py",
        """
        from batou.component import *
        class Part(Component): pass
        class App(Component):
            def configure(self):
                self += Part()
        class Db(Component): pass
        """,
    )

    done = project.run("graph", "prod", "--sub")

    assert "   2. app\n      └─ Part\n" in done.stdout


def test_one_host_is_shown_with_what_it_is_connected_to(project):
    done = project.run("graph", "prod", "--host", "web1")

    assert done.stdout == (
        "environment 'prod': 1 host, 1 component, 1 dependency\n"
        "\n"
        "web1 (debian)\n"
        "   2. app\n"
        "      needs db1: db (key 'db')\n"
        "\n"
        "order\n"
        "   2. web1: app\n"
    )


def test_names_that_do_not_exist_are_told_with_the_nearest(project):
    done = project.run("graph", "prod", "--host", "web3", "--component", "dbb")

    assert done.returncode == 1
    assert done.stdout == ""
    assert "--host: there is no host 'web3'; did you mean 'web" in done.stderr
    assert "--component: there is no component 'dbb'; did you mean 'db'?" in done.stderr


def test_an_environment_that_does_not_exist_leaves_stdout_empty(project):
    done = project.run("graph", "prdo", "--format", "svg")

    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no environment 'prdo'" in done.stderr
    assert "did you mean 'prod'?" in done.stderr


def test_a_model_with_errors_is_drawn_and_all_errors_are_told(project):
    project.write(
        "components/all/component.py",
        """
        from batou.component import *
        class Db(Component):
            def configure(self):
                self.require("disk")
        class App(Component):
            def configure(self):
                1 / 0
        """,
    )

    done = project.run("graph", "prod")

    assert done.returncode == 1
    assert "needs 'disk', which nobody provides" in done.stdout
    assert "2. app\n" in done.stdout
    assert "ZeroDivisionError" in done.stderr
    assert "disk" in done.stderr


def test_a_component_that_needs_its_secret_is_configured_with_secrets(project):
    identity = pyrage.x25519.Identity.generate()
    recipient = identity.to_public()
    key = project.write("key.txt", str(identity))
    project.write(
        "components/all/component.py",
        """
        from batou.component import *
        class Db(Component):
            password = Attribute(str)
            def configure(self):
                if self.password != "correct-horse":
                    raise ValueError(f"{self.password} is wrong")
        class App(Component): pass
        """,
    )
    text = f"[batou]\nmembers = {recipient}\n[component:db]\npassword = correct-horse\n"
    file = project.path / "environments" / "prod" / "secrets.cfg.age"
    file.write_bytes(pyrage.encrypt(text.encode(), [recipient]))

    without = project.run("graph", "prod")
    done = project.run("graph", "prod", "--secrets", BATOU_AGE_IDENTITIES=str(key))

    assert without.returncode == 1
    assert "secrets.cfg.age was not read; with --secrets" in without.stderr
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
