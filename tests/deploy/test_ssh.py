"""Deployments over a real sshd on this machine, as the user that runs the tests."""

import getpass
import os
import shutil
import signal
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs("/usr/sbin/sshd", "ssh", "ssh-keygen")


ONE = "one = app, balancer"


def environment(project, target, hosts, rest=""):
    project.remote_environment(target, hosts, rest)


def outcomes(events):
    return {(e["host"], e["root"]): e["outcome"] for e in events if e["event"] == "root"}


def snapshot(directory: Path) -> dict[str, tuple[float, bytes]]:
    """Everything below *directory* but ``.batou``, with its time."""
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file() and ".batou" not in path.parts:
            found[str(path)] = (path.stat().st_mtime, path.read_bytes())
    return found


def test_a_host_gets_what_it_needs_and_the_second_time_nothing_changes(remote, target):
    environment(remote, target, ONE)

    first = outcomes(remote.events("deploy", "prod", "--format", "json"))
    second = outcomes(remote.events("deploy", "prod", "--format", "json"))

    assert set(first.values()) == {"updated"}
    assert set(second.values()) == {"unchanged"}
    assert (target / "work/app/app.conf").read_text() == f"{target} one"
    assert (target / "work/balancer/apps").read_text() == "['one']"
    assert (target / ".batou").stat().st_mode & 0o777 == 0o700


def test_a_plan_touches_nothing_outside_of_its_own_state(remote, target):
    environment(remote, target, ONE)
    remote.run("deploy", "prod")
    before = snapshot(target)
    environment(remote, target, "one = app")
    remote.component(
        "app", "class App(Component):\n def configure(self):\n  self += File('new', content='x')\n"
    )

    events = remote.events("plan", "prod", "--format", "json")

    assert outcomes(events) == {("one", "app"): "would update"}
    assert snapshot(target) == before


def test_a_plan_of_what_is_deployed_finds_nothing_to_change(remote, target):
    environment(remote, target, ONE)
    remote.run("deploy", "prod")

    events = remote.events("plan", "prod", "--format", "json")

    assert set(outcomes(events).values()) == {"unchanged"}


def test_what_left_the_project_goes_and_work_stays(remote, target):
    environment(remote, target, ONE)
    remote.write("components/old/component.py", "")
    remote.run("deploy", "prod")
    assert (target / "components/old/component.py").exists()
    shutil.rmtree(remote.path / "components/old")

    remote.run("deploy", "prod")

    assert not (target / "components/old").exists()
    assert (target / "work/app/app.conf").exists()


def test_of_a_runtime_that_is_not_used_any_more_nothing_stays(remote, target):
    environment(remote, target, ONE)
    old = target / ".batou/runtimes/old/__pycache__"
    old.mkdir(parents=True)
    (old / "x.pyc").write_text("")

    remote.run("deploy", "prod")

    assert not old.parent.exists()
    assert len(os.listdir(target / ".batou/runtimes")) == 1


def test_secrets_and_work_are_not_shipped(remote, target):
    environment(remote, target, ONE)
    remote.write("environments/prod/secret-key.txt.gpg", "encrypted")
    remote.write("environments/other/secrets.cfg.age", "encrypted")
    remote.write("work/app/mine", "local")

    remote.run("deploy", "prod", code=None)

    assert not list(target.rglob("secret*"))
    assert not (target / "work/app/mine").exists()


def test_two_runs_at_once_on_one_host_are_told_apart(remote, target):
    """Both hosts are one directory here, so the second one finds it locked."""
    printed = remote.run("deploy", "prod", code=1)

    assert "another run holds this host" in printed
    assert getpass.getuser() in printed


def test_an_unknown_host_key_is_refused(remote, server, target):
    environment(remote, target, ONE)
    stranger = (server.directory / "stranger.pub").read_text().split()[:2]
    (server.directory / "known").write_text(
        " ".join([f"[127.0.0.1]:{server.port}", *stranger]) + "\n"
    )

    printed = remote.run("deploy", "prod", code=1)

    assert "cannot connect to host 'one': its host key is not the known one" in printed
    assert not target.exists()


def test_a_key_that_is_not_accepted_is_explained(remote, server, target):
    environment(remote, target, ONE)
    remote.write("ssh_config", server.config("one", IdentityFile=server.directory / "stranger"))

    printed = remote.run("deploy", "prod", code=1)

    assert "cannot connect to host 'one': it does not let this user in" in printed


def test_a_host_without_python_is_explained(remote, target):
    environment(
        remote, target, "", rest="[host:one]\ncomponents = app, balancer\npython = python3.99"
    )

    printed = remote.run("deploy", "prod", code=1)

    assert "cannot connect to host 'one': it has no python3" in printed
    assert "python = /path" in printed


def test_a_port_where_nothing_listens_is_explained(remote, server, target):
    environment(remote, target, ONE)
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(10)

    printed = remote.run("deploy", "prod", code=1)

    assert "cannot connect to host 'one': nothing listens on its ssh port" in printed


def test_an_error_on_the_host_is_told_with_the_place_in_the_project(remote, target):
    environment(remote, target, "one = app")
    remote.component(
        "app", "class App(Component):\n    def verify(self):\n        self.cmd('echo no; false')\n"
    )

    printed = remote.run("deploy", "prod", code=1)

    assert "command failed" in printed
    assert "components/app/component.py:6" in printed
    assert "Traceback" not in printed
