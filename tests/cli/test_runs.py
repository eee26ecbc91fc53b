"""`batou runs` and `batou report`, after real runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from batou.testing.wait import wait_until

COMPONENT = """
import os
import time

from batou import UpdateNeeded
from batou.component import Component
from batou.lib.file import File


class Hello(Component):
    def configure(self):
        self += File("hello", content="Hello\\n")


class Stays(Component):
    def verify(self):
        raise UpdateNeeded("always")

    def update(self):
        open(self.environment.base_dir + "/reached", "w").close()
        time.sleep(600)
"""


class Project:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.runs = path / ".batou" / "runs"
        self.write("components/hello/component.py", COMPONENT)
        self.environment("prod", "web = hello")

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def environment(self, name: str, hosts: str) -> None:
        text = f"[environment]\nconnect_method = local\n[hosts]\n{hosts}\n"
        self.write(f"environments/{name}/environment.cfg", text)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "batou", *arguments],
            cwd=self.path,
            env={**os.environ, "APPENV_BASEDIR": str(self.path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        with self.start(*arguments) as process:
            printed = process.communicate(timeout=90)[0]
        assert process.returncode == code, printed
        return printed


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_runs_are_listed_and_the_last_becomes_a_page(project):
    project.run("deploy", "prod")
    project.run("plan", "prod")

    first, second = project.run("runs").splitlines()[1:]
    assert re.search(r"-0001 .* prod +deploy .* succeeded +\d", first)
    assert re.search(r"-0002 .* prod +predict .* succeeded +\d", second)
    path = project.path / project.run("report", "1").strip()
    assert "prod: deploy succeeded" in path.read_text()
    assert "hello +Hello" in path.read_text()
    assert path.parent == project.runs


def test_a_page_goes_where_one_wants_it(project):
    project.run("deploy", "prod")

    project.run("report", "prod", "-o", "page.html")

    assert (project.path / "page.html").read_text() == project.run("report", "-o", "-")
    assert "cannot write" in project.run("report", "-o", "missing/page.html", code=1)


def test_what_reaches_no_host_is_not_recorded(project):
    project.run("check", "prod")
    project.run("deploy", "prod", "-P", "-L")

    assert "predict" in project.run("runs")
    assert len(list(project.runs.iterdir())) == 1


def test_a_run_that_fails_is_recorded_with_what_is_wrong(project):
    project.environment("bad", "web = helo")
    project.run("deploy", "bad", code=1)

    assert "failed" in project.run("runs", "bad")
    assert "unknown component &#39;helo&#39;" in project.run("report", "-o", "-")


def test_a_controller_that_is_killed_leaves_a_record(project):
    project.write("components/stays/component.py", COMPONENT.replace("Hello", "Other"))
    project.environment("stuck", "web = stays")
    process = project.start("deploy", "stuck")
    with process:
        wait_until((project.path / "reached").exists, "the component is updated", 60)
        process.kill()

    assert "broken off" in project.run("runs")
    assert "stuck: deploy broken off" in project.run("report", "-o", "-")


def test_without_a_record_the_run_goes_on(project):
    project.write(".batou/runs", "in the way")

    printed = project.run("deploy", "prod")

    assert printed.count("WARNING: this run is not recorded") == 1
    assert "DEPLOYMENT FINISHED" in printed


def test_mistakes_are_explained(project):
    assert "there is no record of any run" in project.run("report", code=1)
    assert "there is no record of any run" in project.run("runs", code=1)
    project.run("deploy", "prod")
    assert "did you mean 'prod'?" in project.run("report", "prdo", code=1)
    assert "of environment 'test'" in project.run("runs", "test", code=1)
    [record] = project.runs.iterdir()
    record.write_text("damaged")
    assert "is damaged: a line is no JSON object" in project.run("report", code=1)
    assert "damaged" in project.run("runs")
