"""What a trial leaves, and what it takes away."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from batou.testing.trial import keeping, projecttests, revision
from batou.testing.trial.ending import tidy_end
from batou.testing.trial.stage import Stage, StagedHost

STAGE = Stage("dev", "docker", (StagedHost("web", "c1", "10.0.0.2", "ubuntu", "ubuntu"),), "1234")


def test_who_is_asked_to_end_ends_like_by_ctrl_c():
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt), tidy_end():
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(60)

    assert signal.getsignal(signal.SIGTERM) is before


def test_a_shell_needs_a_container_that_was_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(keeping.NothingKept) as caught:
        keeping.open_shell("dev", "web")

    assert "--keep" in caught.value.hint()


def test_a_shell_on_a_host_that_is_misspelt_is_helped(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keeping.remember(STAGE)

    with pytest.raises(keeping.NothingKept) as caught:
        keeping.open_shell("dev", "wbe")

    assert "did you mean 'web'?" in caught.value.hint()


def test_what_is_forgotten_was_never_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keeping.remember(STAGE)

    keeping.forget("dev")
    keeping.forget("dev")

    assert keeping.kept("dev") is None


def test_revisions_of_runs_that_were_killed_are_swept(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for pid in (ended.pid, os.getpid(), "x"):
        (tmp_path / f"{revision.PREFIX}{pid}-abc" / "deep").mkdir(parents=True)

    revision.sweep(tmp_path)

    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted(f"{revision.PREFIX}{pid}-abc" for pid in (os.getpid(), "x"))


@pytest.mark.needs("git")
def test_a_revision_of_a_project_below_its_repository(tmp_path):
    project = tmp_path / "repository" / "deployment"
    project.mkdir(parents=True)
    (project / "file").write_text("old")
    git = ["git", "-C", project.parent, "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    (project / "file").write_text("new")

    with revision.checked_out("HEAD", project) as place:
        assert place.name == "deployment"
        assert (place / "file").read_text() == "old"

    assert not place.exists()
    assert (project / "file").read_text() == "new"


@pytest.mark.parametrize(
    ("text", "is_asked"),
    [
        ("def test_a(host): pass\n", True),
        ("def test_a(self, tmp_path, deployed): pass\n", True),
        ("def test_a(\n    batou_run,\n): pass\n", True),
        ("def test_a(hosts, ghost): pass\n", False),
        ("def test_a(): host = 1\n", False),
    ],
)
def test_files_are_tests_of_a_deployment_if_they_ask_for_it(tmp_path, text, is_asked):
    (tmp_path / "tests" / "deep").mkdir(parents=True)
    (tmp_path / "tests" / "deep" / "test_a.py").write_text(text)

    assert bool(projecttests.tests_of_deployment(tmp_path)) is is_asked


def test_tests_that_nothing_can_run_are_told_before_anything_begins(tmp_path, monkeypatch):
    monkeypatch.setattr("batou.testing.trial.projecttests.NEEDED", ("pytest", "no_such_module"))

    with pytest.raises(projecttests.TestsCannotRun) as caught:
        projecttests.require_tools([tmp_path / "tests" / "test_a.py"], tmp_path)

    assert "no_such_module is missing" in caught.value.summary()
    assert "batou[test]" in caught.value.hint()
    projecttests.require_tools([], tmp_path)  # without tests nothing is needed
