"""What an unfinished run has changed still counts in the next one: the restart comes."""

import json
import os
import signal

import pytest

from batou.testing.wait import wait_until

APP = """
import os, signal
class Obstacle(Component):
    def verify(self):
        {obstacle}
class Restart(Component):
    def verify(self):
        {question}
    def update(self):
        with open(self.environment.base_dir + "/restarts", "a") as log:
            log.write("restart ")
class App(Component):
    version = Attribute(str, "1")
    def configure(self):
        self += File("a.conf", content="{{{{component.version}}}}")
        self.conf = self._
        self += Obstacle()
        self += Restart()
"""

ASK_PARENT = "self.parent.assert_no_changes()"
ASK_FILE = "if self.parent.conf.changed: raise batou.UpdateNeeded"

KILL = "os.kill(os.getpid(), signal.SIGKILL)"
FAIL = "raise RuntimeError('in the way')"


def write(project, obstacle="pass", question=ASK_PARENT):
    project.component("app", APP.format(obstacle=obstacle, question=question))


def restarts(project):
    path = project.path / "restarts"
    return path.read_text().split() if path.exists() else []


def outcome(events):
    return [event["outcome"] for event in events if event["event"] == "root"]


@pytest.mark.parametrize(
    "obstacle, question", [(KILL, ASK_PARENT), (FAIL, ASK_FILE)], ids=["killed", "failed"]
)
def test_the_restart_comes_with_the_next_run(project, obstacle, question):
    project.environment("web = app")
    write(project, obstacle, question)
    project.run("deploy", "local", code=1)
    assert restarts(project) == []
    write(project, "pass", question)

    plan = project.events("plan", "local", "--format", "json")
    deploy = project.events("deploy", "local", "--format", "json")
    again = project.events("deploy", "local", "--format", "json")

    assert outcome(plan) == ["would update"]
    assert outcome(deploy) == ["updated"]
    assert outcome(again) == ["unchanged"]
    assert restarts(project) == ["restart"]


def test_a_change_is_owed_until_the_root_completes(project):
    project.environment("web = app")
    for _ in range(2):
        write(project, FAIL)
        project.run("deploy", "local", code=1)
    write(project)

    project.run("deploy", "local")

    assert restarts(project) == ["restart"]


def test_hosts_on_one_machine_do_not_mix_up_what_they_owe(project):
    project.environment("web = app\ndb = other")
    write(project, FAIL)
    project.component("other", "class Other(Component):\n pass\n")
    project.run("deploy", "local", code=1)
    write(project)

    project.run("deploy", "local", "--host", "db")
    assert restarts(project) == []
    project.run("deploy", "local")

    assert restarts(project) == ["restart"]


def test_what_is_gone_from_the_model_is_forgotten(project):
    project.environment("web = app")
    write(project, FAIL)
    project.run("deploy", "local", code=1)
    project.component(
        "app",
        APP.format(obstacle="pass", question=ASK_PARENT)
        .replace("a.conf", "b.conf")
        .replace("self += File", "self |= File"),
    )

    assert outcome(project.events("deploy", "local", "--format", "json")) == ["unchanged"]
    assert restarts(project) == []


def test_a_run_that_changes_nothing_says_so_although_something_was_owed(project):
    project.environment("web = app")
    write(project, FAIL, "pass")
    project.run("deploy", "local", code=1)
    write(project, "pass", "pass")

    events = project.events("deploy", "local", "--format", "json")

    assert outcome(events) == ["unchanged"]
    assert "was not finished by an earlier run" in json.dumps(events)


def test_a_plan_writes_nothing_down(project):
    project.environment("web = app")
    write(project)

    project.run("plan", "local")

    assert not (project.path / ".batou/journals").exists()


def test_a_journal_that_cannot_be_written_is_told_and_nothing_is_changed(project):
    project.environment("web = app")
    write(project)
    project.write(".batou/journals/local", "a file where a directory should be")

    printed = project.run("deploy", "local", code=1)

    assert "cannot be written" in printed
    assert "Traceback" not in printed
    assert not project.work.exists()


@pytest.fixture
def ssh(tmp_path_factory):
    """The environment in which ``ssh`` runs the command here."""
    program = tmp_path_factory.mktemp("bin") / "ssh"
    program.write_text('#!/bin/sh\nfor word; do last=$word; done\nexec sh -c "$last"\n')
    program.chmod(0o755)
    return {"env": {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}}


def test_where_the_project_is_shipped_to_the_plan_knows_as_well(project, ssh, tmp_path_factory):
    target = tmp_path_factory.mktemp("host") / "deployment"
    lines = ["[environment]", f"target_directory = {target}", "[hosts]", "web = app", ""]
    project.write("environments/prod/environment.cfg", "\n".join(lines))
    write(project, FAIL)
    project.run("deploy", "prod", code=1, **ssh)
    write(project)

    plan = project.run("plan", "prod", "--detailed-exitcode", code=3, **ssh)
    project.run("deploy", "prod", **ssh)
    again = project.run("plan", "prod", "--detailed-exitcode", code=0, **ssh)

    assert "was not finished by an earlier run" in plan
    assert "was not finished" not in again
    assert (target / "restarts").read_text() == "restart "
    journal = (target / ".batou/journal").read_text().splitlines()
    owner = json.loads(journal[0])["owner"]
    assert {"who", "from", "pid", "since"} <= set(owner)


WAIT = """
os.symlink(str(os.getpid()), self.environment.base_dir + "/agent")
        self.cmd("echo $$ > pid; mv pid {{environment.base_dir}}/command; sleep 1000; true")
"""


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("who", ["controller dies", "agent is told to end"])
def test_a_run_that_is_broken_off_says_so_and_leaves_no_command_behind(project, who):
    project.environment("web = app")
    write(project, WAIT.strip())
    process = project.start("deploy", "local", start_new_session=True)
    wait_until((project.path / "command").exists, "the command runs", seconds=60)
    agent = int(os.readlink(project.path / "agent"))
    group = int((project.path / "command").read_text())

    if who == "controller dies":
        process.kill()
    else:
        os.kill(agent, signal.SIGTERM)
    printed = process.communicate(timeout=60)[0]

    wait_until(lambda: not is_running(agent), "the agent ends", seconds=60)
    assert members(group) == []
    journal = (project.path / ".batou/journals/local/web").read_text().splitlines()
    events = [json.loads(line)["event"] for line in journal]
    assert list(dict.fromkeys(events)) == ["run", "root", "changed", "interrupted"]
    assert who == "controller dies" or "the line to host 'web' broke" in printed
    write(project)
    project.run("deploy", "local")
    assert restarts(project) == ["restart"]


def members(group):
    """Running processes of a process group."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                state, _, of_group = stat.read().rsplit(")", 1)[1].split()[:3]
        except OSError:
            continue
        if int(of_group) == group and state != "Z":
            found.append(int(pid))
    return found
