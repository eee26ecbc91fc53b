"""Runs that go on: without some hosts, a few at a time, after another run."""

import fcntl
import json

import pytest

pytestmark = pytest.mark.needs("/usr/sbin/sshd", "ssh", "ssh-keygen")

APP = """
class Db(Component):
    def configure(self):
        self.provide("db", self.host.name)
class App(Component):
    def configure(self):
        self.require("db", strict=False)
class Alone(Component):
    pass
"""


def outcomes(events):
    return {(e["host"], e["root"]): e["outcome"] for e in events if e["event"] == "root"}


def test_a_run_can_go_on_without_hosts_that_are_not_reached(project, server, target):
    project.component("app", APP)
    project.write("ssh_config", server.config("one") + server.config("down", ProxyCommand="false"))
    project.remote_environment(target, "one = app, alone\ndown = db")

    stopped = project.run("deploy", "prod", code=1)
    events = project.events("deploy", "prod", "--skip-unreachable", "--format", "json", code=1)
    printed = project.run("deploy", "prod", "--skip-unreachable", code=1)

    assert "not reached" not in stopped
    assert outcomes(events) == {("one", "alone"): "unchanged"}
    assert "WARNING: cannot connect to host 'down'" in printed
    assert "1 not reached: app" in printed
    assert "1 not reached: db" in printed


def test_a_host_that_may_be_another_one_is_not_skipped(project, server, target):
    project.component("app", APP)
    (server.directory / "empty").write_text("")
    strange = server.config("two", UserKnownHostsFile=server.directory / "empty")
    project.write("ssh_config", server.config("one") + strange)
    project.remote_environment(target, "one = alone\ntwo = alone")

    printed = project.run("deploy", "prod", "--skip-unreachable", code=1)

    assert "ERROR: cannot connect to host 'two': its host key is not the known one" in printed
    assert "unchanged" not in printed


def test_if_no_host_is_reached_there_is_nothing_to_go_on_with(project, server, target):
    project.component("app", APP)
    project.write("ssh_config", server.config("down", ProxyCommand="false"))
    project.remote_environment(target, "down = alone")

    printed = project.run("deploy", "prod", "--skip-unreachable", code=1)

    assert "ERROR: cannot connect to host 'down'" in printed


def test_a_rollout_is_shown_and_keeps_to_its_number(project):
    project.component(
        "app",
        """
import os
class App(Component):
    def verify(self):
        raise batou.UpdateNeeded
    def update(self):
        mark = self.environment.base_dir + "/in hand"
        os.mkdir(mark)
        os.rmdir(mark)
""",
    )
    project.environment("one = app\ntwo = app\nthree = app", rest="[rollout]\napp = 1")

    planned = project.run("plan", "local")
    deployed = project.run("deploy", "local")

    assert "Rollout: app on at most 1 host at once, of 3" in planned
    assert deployed.count("1 updated") == 3


def test_a_rollout_stops_at_the_first_failure(project):
    project.component("app", "class App(Component):\n def verify(self):\n  raise RuntimeError\n")
    project.environment("one = app\ntwo = app\nthree = app", rest="[rollout]\napp = 1")

    events = project.events("deploy", "local", "--format", "json", code=1)

    assert outcomes(events) == {("one", "app"): "failed"}


def test_a_run_can_wait_for_another_one_of_the_project(project):
    project.component("app", "class App(Component): pass\n")
    project.environment("one = app")
    with (project.path / ".batou-lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        impatient = project.run("deploy", "local", "--wait-for-lock", "0.1", code=1)
        waiting = project.start("deploy", "local", "--wait-for-lock", "600")
        first = waiting.stdout.readline()
    printed = first + waiting.communicate(timeout=60)[0]

    assert "is locked by another process" in impatient
    assert waiting.returncode == 0, printed


def test_a_run_can_wait_for_another_one_on_the_host(project, server, target):
    """Both hosts are one directory here, so the second one finds it locked."""
    project.component("app", APP)
    project.write("ssh_config", server.config("one"))
    project.remote_environment(target, "one = alone")
    (target / ".batou").mkdir(parents=True, mode=0o700)
    with (target / ".batou/lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(json.dumps({"who": "somebody"}) + "\n")
        lock.flush()
        printed = project.run("deploy", "prod", "--wait-for-lock", "0.5", code=1)
        waiting = project.start("deploy", "prod", "--wait-for-lock", "600")
        wait_for_login(server, 2)
    rest = waiting.communicate(timeout=60)[0]

    assert "another run holds this host" in printed
    assert "somebody" in printed
    assert waiting.returncode == 0, rest


def wait_for_login(server, count):
    from batou.testing.wait import wait_until

    wait_until(lambda: server.logins >= count, "the run has logged in", seconds=60)


HOST_ONLY = """
import os
class App(Component):
    def configure(self):
        self.provide("app", self.host.name)
        with open({path!r}) as file:
            self += File("copy", content=file.read())
class Balancer(Component):
    def configure(self):
        self += File("apps", content=str(self.require("app")))
"""


def test_hosts_make_the_model_if_only_they_can(project, server, target):
    """The project is deployed to this machine, so what is missing is put there by sudo."""
    path = target.parent / "only-there"
    server.programs.write("sudo", f'shift 3; echo fact > {path}; exec "$@"')
    project.component("app", HOST_ONLY.format(path=str(path)))
    project.write("ssh_config", server.config("one"))
    rest = "service_user = app\nrequire_sudo = True"
    project.remote_environment(target, "one = balancer, app", rest)

    printed = project.run("deploy", "prod")

    assert "each host makes all of it: cannot configure component 'app'" in printed
    assert (target / "work/app/copy").read_text() == "fact\n"
    assert (target / "work/balancer/apps").read_text() == "['one']"
    assert printed.index("Scheduling component app") < printed.index(
        "Scheduling component balancer"
    )


def test_what_hosts_cannot_configure_either_is_told_once(project, server, target):
    project.component("app", HOST_ONLY.format(path="/nowhere/at/all"))
    project.write("ssh_config", server.config("one"))
    project.remote_environment(target, "one = balancer, app")

    printed = project.run("deploy", "prod", code=1)

    assert printed.count("ERROR") == 1
    assert "No such file or directory: '/nowhere/at/all'" in printed
    assert not (target / "work/app").exists()
