"""``batou explain``, as a user runs it."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pyrage
import pytest

COMPONENT = """\
from batou.component import *

class App(Component):
    port = Attribute(int, 8080)
    password = Attribute(str, "none")

    def configure(self):
        print("printed by a component")
        self.log("logged by a component")
        self.url = f"http://app:{self.password}@{self.host.fqdn}:{self.port}"
"""

ENVIRONMENT = """\
[environment]
platform = debian

[hosts]
web1 = app

[component:app]
port = 9000
"""


class Project:
    """A project on disk, and batou run in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("components/app/component.py", COMPONENT)
        self.write("environments/prod/environment.cfg", ENVIRONMENT)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, dedented."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def explain(self, *args: str, **environ: str):
        """Run ``batou explain``; stdout and stderr are kept apart."""
        return subprocess.run(
            [sys.executable, "-m", "batou", "explain", *args],
            cwd=self.path,
            env={**os.environ, "APPENV_BASEDIR": str(self.path), **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_all_attributes_are_told_with_file_and_line(project):
    done = project.explain("prod", "web1", "app")

    assert done.returncode == 0, done.stderr
    assert done.stdout == textwrap.dedent(
        """\
        component 'app' on host 'web1' of environment 'prod'
          class      App (components/app/component.py:3)
          platform   debian (environments/prod/environment.cfg:2)
          companion  none
          workdir    work/app

        attributes
          port = 9000
              default 8080 (components/app/component.py:4)
            → override '9000' (environments/prod/environment.cfg:8, [component:app])
          password = 'none'
              default 'none' (components/app/component.py:5)

        further values, which the environment cannot override
          url = 'http://app:none@web1:9000'
              set in configure() 'http://app:none@web1:9000' (components/app/component.py:10)
        """
    )


def test_one_attribute_is_told_alone(project):
    done = project.explain("prod.cfg", "web1", "App", "port")

    assert done.stdout.splitlines()[1:] == [
        "",
        "attributes",
        "  port = 9000",
        "      default 8080 (components/app/component.py:4)",
        "    → override '9000' (environments/prod/environment.cfg:8, [component:app])",
    ]


def test_json_is_all_that_is_printed(project):
    done = project.explain("prod", "web1", "app", "--format", "json")

    found = json.loads(done.stdout)
    assert {key: found[key] for key in ("environment", "host", "component", "errors")} == {
        "environment": "prod",
        "host": "web1",
        "component": "app",
        "errors": [],
    }
    (port,) = [entry for entry in found["attributes"] if entry["name"] == "port"]
    assert port["value"] == 9000
    assert (port["steps"][-1]["file"], port["steps"][-1]["line"]) == (
        "environments/prod/environment.cfg",
        8,
    )


def test_errors_are_told_beside_the_explanation_and_end_with_1(project):
    project.write("environments/prod/environment.cfg", ENVIRONMENT + "typo = 1\nother = 2\n")

    text = project.explain("prod", "web1", "app", "port")
    as_json = project.explain("prod", "web1", "app", "port", "--format", "json")

    assert text.returncode == 1
    assert "port = 9000" in text.stdout
    assert "has no attributes 'other', 'typo'" in text.stderr
    assert as_json.returncode == 1
    (error,) = json.loads(as_json.stdout)["errors"]
    assert "has no attributes 'other', 'typo'" in error["headline"]


@pytest.mark.parametrize(
    "args, message, hint",
    [
        (("prdo", "web1", "app"), "there is no environment 'prdo'", "did you mean 'prod'?"),
        (("prod", "web2", "app"), "there is no host 'web2'", "did you mean 'web1'?"),
        (("prod", "web1", "ap"), "there is no component 'ap'", "did you mean 'app'?"),
        (("prod", "web1", "app", "prot"), "there is no attribute 'prot'", "did you mean 'port'?"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest_right_one(project, args, message, hint):
    done = project.explain(*args)

    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert hint in done.stderr


def test_a_wrong_name_is_an_error_in_json_too(project):
    done = project.explain("prod", "web2", "app", "--format", "json")

    assert done.returncode == 1
    (error,) = json.loads(done.stdout)["errors"]
    assert error["hint"] == "did you mean 'web1'?"


def test_a_missing_argument_is_wrong_usage(project):
    done = project.explain("prod", "web1")

    assert done.returncode == 2
    assert "COMPONENT" in done.stderr


def test_the_platform_can_be_another_one(project):
    project.write(
        "environments/prod/environment.cfg", ENVIRONMENT.replace("platform = debian\n", "")
    )

    done = project.explain("prod", "web1", "app", "--platform", "nixos")

    assert "platform   nixos (as asked for with --platform)" in done.stdout


def test_secrets_count_but_never_show(project):
    identity = pyrage.x25519.Identity.generate()
    recipient = identity.to_public()
    key = project.write("key.txt", str(identity))
    text = f"[batou]\nmembers = {recipient}\n[app]\npassword = correct-horse\nwrong = tr0ub4dor\n"
    file = project.path / "environments" / "prod" / "secrets.cfg.age"
    file.write_bytes(pyrage.encrypt(text.encode(), [recipient]))

    done = project.explain("prod", "web1", "app", "--secrets", BATOU_AGE_IDENTITIES=str(key))
    debug = project.explain(
        "prod", "web1", "app", "--secrets", "--format", "json", BATOU_AGE_IDENTITIES=str(key)
    )

    assert done.returncode == 1
    assert "has no attribute 'wrong'" in done.stderr
    assert "  password = <secret>\n" in done.stdout
    assert "secret <secret> (environments/prod/secrets.cfg.age:4)" in done.stdout
    for printed in (done.stdout, done.stderr, debug.stdout, debug.stderr):
        assert "correct-horse" not in printed
        assert "tr0ub4dor" not in printed
