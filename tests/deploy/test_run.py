"""Whole runs over real agents in child processes."""

from batou.testing.wait import wait_until

LOG = '''
class Log(Component):
    """Writes its host and name into a shared file when it is updated."""
    sleep = Attribute(float, 0.0)
    def verify(self):
        raise batou.UpdateNeeded("always")
    def update(self):
        with open(self.environment.base_dir + "/log", "a") as log:
            log.write(self.host.name + " " + self.root.name + "\\n")
'''


def outcomes(events):
    return {(e["host"], e["root"]): e["outcome"] for e in events if e["event"] == "root"}


def test_a_second_deployment_changes_nothing(project):
    project.component(
        "hello",
        "class Hello(Component):\n def configure(self):\n"
        "  self += File('a', content='{{host.name}}', mode=0o640)\n",
    )
    project.environment("web = hello")

    first = outcomes(project.events("deploy", "local", "--format", "json"))
    second = outcomes(project.events("deploy", "local", "--format", "json"))

    assert first == {("web", "hello"): "updated"}
    assert second == {("web", "hello"): "unchanged"}
    assert (project.work / "hello/a").read_text() == "web"


def test_a_plan_tells_what_would_change_and_makes_nothing(project):
    project.component(
        "hello",
        "class Hello(Component):\n def configure(self):\n  self += File('a', content='x')\n",
    )
    project.environment("web = hello")

    events = project.events("plan", "local", "--format", "json")

    assert outcomes(events) == {("web", "hello"): "would update"}
    assert not project.work.exists()


def test_a_plan_can_tell_by_its_exit_code(project):
    project.component(
        "hello",
        "class Hello(Component):\n def configure(self):\n  self += File('a', content='x')\n",
    )
    project.environment("web = hello")

    project.run("plan", "local", "--detailed-exitcode", code=3)
    project.run("deploy", "local")
    project.run("plan", "local", "--detailed-exitcode", code=0)


def test_providers_are_deployed_before_those_that_require_them_across_hosts(project):
    project.component(
        "app",
        LOG
        + """
class Db(Log):
    def configure(self):
        self.provide("db", "here")
class App(Log):
    def configure(self):
        assert self.require_one("db") == "here"
class Last(Log):
    def configure(self):
        self.require("db", reverse=True)
        self.provide("last", 1)
class First(Component):
    def configure(self):
        self.require("last")
""",
    )
    project.environment("one = app\ntwo = db\nthree = last, first")

    project.run("deploy", "local")

    order = (project.path / "log").read_text().splitlines()
    assert order.index("two db") < order.index("one app")
    assert order.index("three last") < order.index("two db")


def test_a_failed_host_does_not_stop_the_independent_ones(project):
    project.component(
        "app",
        LOG
        + """
class Db(Component):
    def configure(self):
        self.provide("db", "here")
    def verify(self):
        raise batou.UpdateNeeded
    def update(self):
        raise RuntimeError("disk on fire")
class App(Log):
    def configure(self):
        self.require("db")
""",
    )
    project.environment("one = app\ntwo = db\nthree = log")

    printed = project.run("deploy", "local", code=1)

    assert (project.path / "log").read_text() == "three log\n"
    assert "disk on fire" in printed
    assert "1 not reached: app" in printed
    assert "Traceback" not in printed


def test_a_component_named_on_the_command_line_is_deployed_alone(project):
    project.component("app", LOG + "class App(Log): pass\n")
    project.environment("one = app, log\ntwo = app, log")

    printed = project.run("deploy", "local", "--component", "app", "--host", "two")

    assert (project.path / "log").read_text() == "two app\n"
    assert "Left out: one: app, one: log (host was left out)" in printed
    assert "Left out: two: log (component was left out)" in printed


def test_ignored_hosts_and_components_provide_but_are_not_deployed(project):
    project.component(
        "app",
        LOG
        + """
class Db(Log):
    def configure(self):
        self.provide("db", self.host.name)
class App(Log):
    def configure(self):
        self.log("dbs: %s", self.require("db"))
""",
    )
    project.environment("one = app\n!two = db\nthree = !db, log")

    printed = project.run("deploy", "local")

    assert sorted((project.path / "log").read_text().splitlines()) == ["one app", "three log"]
    assert "dbs: ['two', 'three']" in printed


def test_what_is_logged_while_configuring_appears_once(project):
    project.component("app", 'class App(Component):\n def configure(self):\n  self.log("hi")\n')
    project.environment("one = app\ntwo = app")

    assert project.run("deploy", "local").count("hi\n") == 2


def test_prints_of_components_are_seen(project):
    project.component("app", LOG.replace("with open", "print('printed', 1)\n        with open"))
    project.environment("one = log")

    assert "printed 1" in project.run("deploy", "local")


def test_no_secret_leaves_a_host_even_in_errors(project):
    project.component(
        "app",
        """
class App(Component):
    password = Attribute(str, "hunter2hunter2")
    def configure(self):
        self.environment.secret_data.add(self.password)
    def verify(self):
        self.cmd("echo {{component.password}}; false")
""",
    )
    project.environment("one = app")

    printed = project.run("deploy", "local", code=1)

    assert "hunter2hunter2" not in printed
    assert "***" in printed


def test_when_the_controller_dies_the_command_in_hand_is_ended(project):
    project.component(
        "app",
        """
class App(Component):
    def verify(self):
        self.cmd("echo $$ > {{environment.base_dir}}/pid; exec sleep 600")
""",
    )
    project.environment("one = app")
    process = project.start("deploy", "local", start_new_session=True)
    pid_file = project.path / "pid"
    wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the command runs")

    process.kill()
    process.communicate()

    wait_until(lambda: not is_running(int(pid_file.read_text())), "the command has ended")


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_agent_that_dies_is_noticed_and_named(project):
    project.component(
        "app", "import os\nclass App(Component):\n def verify(self):\n  os._exit(3)\n"
    )
    project.environment("one = app\ntwo = app")

    printed = project.run("deploy", "local", "--host", "one", code=1)

    assert "the line to host 'one' broke while it was being deployed" in printed


def test_two_runs_of_one_project_keep_out_of_each_others_way(project):
    project.component(
        "app",
        """
import time, os
class App(Component):
    def verify(self):
        open(self.environment.base_dir + "/begun", "w").close()
        while not os.path.exists(self.environment.base_dir + "/go"):
            time.sleep(0.01)
""",
    )
    project.environment("one = app")
    first = project.start("deploy", "local")
    wait_until(lambda: (project.path / "begun").exists(), "the first run has begun")

    second = project.run("deploy", "local", code=1)
    (project.path / "go").touch()
    first.communicate(timeout=30)

    assert ".batou-lock" in second
    assert str(first.pid) in second
    assert first.returncode == 0
