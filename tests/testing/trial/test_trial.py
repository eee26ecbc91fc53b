"""A whole trial, with directories in place of containers."""

import shutil
import subprocess
import textwrap
import xml.etree.ElementTree as ET

import pytest

from batou.report import listening
from batou.report.events import Failure, Finished
from batou.report.masking import Masker
from batou.report.recording import Recording
from batou.testing.fleet import Attempt
from batou.testing.trial import keeping
from batou.testing.trial.trial import try_environment
from batou.testing.trial.wish import Wish

HEAD = "import os\nfrom batou.component import *\nfrom batou.lib.file import File\n"

APP = """
class App(Component):
    def configure(self):
        self += File("app.conf", content="{{host.name}}")
"""

STAMP = """
class App(Component):
    def verify(self):
        self.assert_no_changes()
        assert False, "always older"
    def update(self):
        open("stamp", "a").write("x")
"""

TESTS = """
def test_file(host):
    work = host.batou.workdir("app")
    assert host.check_output(f"cat ~/deployment/work/app/app.conf") == host.batou.name

def test_plan(batou_run):
    assert batou_run("plan").changes == ()

def test_without_deployment():
    assert False, "such tests are not run here"
"""


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """A cache that the first trial fills, so that the others need not make the same again."""
    return tmp_path_factory.mktemp("runtime") / "cache"


@pytest.fixture
def trial(tmp_path, monkeypatch, fake_engine, runtime, output):
    """A function that tries a project whose component is *code*; it returns code and events."""
    place = tmp_path / "project"
    if runtime.exists():
        shutil.copytree(runtime, place / ".batou" / "cache", symlinks=True)

    def write(name, text):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def run(code, hosts="web = app", tests="", **wish):
        write("components/app/component.py", HEAD + textwrap.dedent(code))
        write("environments/dev/environment.cfg", f"[hosts]\n{hosts}\n")
        if tests:
            write("tests/test_app.py", tests)
        monkeypatch.chdir(place)
        with listening(Recording()) as recording:
            exit_code = try_environment(Wish("dev", **wish), Masker(), fake_engine.open)
        assert not fake_engine.is_open
        if not runtime.exists() and (place / ".batou" / "cache").exists():
            shutil.copytree(place / ".batou" / "cache", runtime, symlinks=True)
        return exit_code, recording.events

    run.place = place
    run.write = write
    return run


def failures(events):
    return [event.headline for event in events if isinstance(event, Failure)]


def verdict(output):
    return output.backend.output.splitlines()[-1]


def test_what_works_is_deployed_twice_and_tested(trial, output, fake_engine, tmp_path):
    pytest.importorskip("testinfra")
    report = tmp_path / "out" / "report.xml"

    code, events = trial(APP, "web = app\ndb = app", TESTS, junit=report)

    assert code == 0, output.backend.output
    assert (fake_engine.home("db") / "deployment/work/app/app.conf").read_text() == "db"
    assert verdict(output) == "environment 'dev' works on web (debian), db (debian)"
    assert isinstance(events[-1], Finished)
    assert events[-1].action == "test"
    own, pytests = ET.parse(report).getroot()
    assert [case.get("name") for case in own] == [
        *("deploy", "deploy", "deploy again", "deploy again", "tests")
    ]
    assert (pytests.get("tests"), pytests.get("failures")) == ("3", "0")
    assert not (trial.place / ".pytest_cache").exists()


def test_a_failing_test_fails_the_trial(trial, output):
    pytest.importorskip("testinfra")

    code, _ = trial(APP, tests="def test_it(deployed):\n    assert 'here' == 'there'\n")

    assert code == 1
    assert verdict(output) == "environment 'dev' does not work: tests fail"
    assert "'here' == 'there'" in output.backend.output


def test_a_component_that_changes_again_is_named(trial, output):
    code, events = trial(STAMP, "web = app\ndb = app")

    assert code == 1
    [told] = [event for event in events if isinstance(event, Failure)]
    assert told.headline.startswith("component 'app' is not idempotent")
    assert dict(told.rows) == {"Hosts": "db, web", "Reason": "always older"}
    assert "web (debian): not idempotent: 'app'" in verdict(output)


def test_a_deployment_that_fails_is_not_tried_again(trial, output):
    code, _ = trial("class App(Component):\n    def verify(self):\n        1/0\n")

    assert code == 1
    assert "again" not in output.backend.output
    assert "web (debian): component 'app' failed" in verdict(output)


def test_a_model_that_is_wrong_is_the_verdict(trial, output):
    code, _ = trial("class App(Component):\n    def configure(self):\n"
                         "        self.require('nobody')\n")  # fmt: skip

    assert code == 1
    assert "required resources are not provided" in verdict(output)


def test_an_environment_that_cannot_be_loaded_needs_no_container(trial):
    code, events = trial("class Other(Component): pass\n")

    assert code == 1
    assert "unknown component 'app'" in failures(events)[0]


def test_what_was_tried_outside_is_told_and_is_no_failure(trial, output, fake_engine):
    fake_engine.attempts = [Attempt("web", "example.org", 1.0)]

    code, _ = trial(APP)

    assert code == 0
    assert "web: something reached for example.org" in output.backend.output


def test_what_is_kept_is_remembered(trial):
    code, _ = trial(APP, keeps=True)

    assert code == 0
    assert keeping.kept("dev").host("web").container == "c-web"


@pytest.mark.needs("git")
def test_an_upgrade_begins_with_the_older_revision(trial, fake_engine):
    older = APP + "        self += File('older', content='{{environment.name}}')\n"
    trial.write("components/app/component.py", HEAD + textwrap.dedent(older))
    trial.write("environments/dev/environment.cfg", "[hosts]\nweb = app\n")
    git = ["git", "-C", trial.place, "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)

    code, events = trial(APP, upgrade_from="HEAD")

    work = fake_engine.home("web") / "deployment/work/app"
    assert code == 0, failures(events)
    assert (work / "older").exists()  # from the revision; nothing removes it
    assert (work / "app.conf").exists()


@pytest.mark.needs("git")
def test_a_revision_that_does_not_exist_is_told(trial):
    code, events = trial(APP, upgrade_from="v99")

    assert code == 1
    assert failures(events) == ["there is no revision 'v99' of this project to upgrade from"]
