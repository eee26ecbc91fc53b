"""Ctrl-C and SIGTERM at any moment of a run, with real processes."""

import os
import signal
import socket

import pytest

from batou.testing.wait import wait_until

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])

SLEEPER = """
import os, time
class App(Component):
    def configure(self):
        if self.environment._is_controller is {controller}:
            open(self.environment.base_dir + "/begun", "w").close()
            time.sleep(600)
"""

WORKER = """
import gc, os, time
from batou.agent.serve import Session
class First(Component):
    def verify(self):
        raise batou.UpdateNeeded
    def update(self):
        open(self.environment.base_dir + "/begun", "w").close()
        session = next(o for o in gc.get_objects() if isinstance(o, Session))
        while not session._stopping.is_set():
            time.sleep(0.01)
        while not os.path.exists(self.environment.base_dir + "/go"):
            time.sleep(0.01)
        open(self.environment.base_dir + "/finished", "w").close()
class Second(Component):
    def verify(self):
        raise batou.UpdateNeeded
    def update(self):
        open(self.environment.base_dir + "/second", "w").close()
class App(Component):
    def configure(self):
        self += First()
        self += Second()
"""


def begun(project):
    wait_until((project.path / "begun").exists, "the component has begun", seconds=60)


def ended(process):
    """What *process* prints until its end, and its exit code."""
    return process.communicate(timeout=90)[0], process.returncode


@BOTH
@pytest.mark.parametrize("controller", [True, False])
def test_a_run_that_configures_ends_at_once(project, number, controller):
    project.component("app", SLEEPER.format(controller=controller))
    project.environment("one = app")
    process = project.start("deploy", "local", start_new_session=True)
    begun(project)

    process.send_signal(number)
    printed, code = ended(process)

    assert code == 1
    assert "interrupted" in printed
    assert "no host was changed" in printed
    assert "Traceback" not in printed


@BOTH
@pytest.mark.needs("ssh")
def test_a_run_that_connects_ends_at_once(project, number):
    """Something listens, and never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(60)
        port = silent.getsockname()[1]
        project.component("app", "class App(Component): pass\n")
        project.write("ssh_config", f"Host one\n  HostName 127.0.0.1\n  Port {port}\n")
        project.write("environments/prod/environment.cfg", "[hosts]\none = app\n")
        process = project.start("deploy", "prod", start_new_session=True)
        connection, _ = silent.accept()

        process.send_signal(number)
        printed, code = ended(process)
        connection.close()

    assert code == 1
    assert "interrupted" in printed


@BOTH
def test_the_first_signal_lets_the_component_in_hand_finish(project, number):
    project.component("app", WORKER)
    project.environment("one = app")
    process = project.start("deploy", "local", start_new_session=True)
    begun(project)

    process.send_signal(number)
    (project.path / "go").touch()
    printed, code = ended(process)

    assert code == 1
    assert "Stopping: hosts finish the component in hand" in printed
    assert (project.path / "finished").exists()
    assert not (project.path / "second").exists()
    assert "Summary" in printed


def test_the_second_signal_breaks_off(project):
    project.component("app", WORKER)
    project.environment("one = app")
    process = project.start("deploy", "local", start_new_session=True)
    begun(project)

    process.send_signal(signal.SIGINT)
    while "Stopping" not in (line := process.stdout.readline()):
        assert line
    process.send_signal(signal.SIGTERM)
    printed, code = ended(process)

    assert code == 1
    assert "interrupted" in printed
    assert "what was in hand may be unfinished" in printed
    assert not (project.path / "finished").exists()


def test_a_host_that_does_not_end_by_itself_is_ended(project):
    project.component(
        "app",
        """
import os, signal, time
class App(Component):
    def verify(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        path = self.environment.base_dir + "/begun"
        with open(path + ".new", "w") as file:
            file.write(str(os.getpid()))
        os.rename(path + ".new", path)
        time.sleep(600)
""",
    )
    project.environment("one = app")
    process = project.start("deploy", "local", start_new_session=True)
    begun(project)
    agent = int((project.path / "begun").read_text())

    process.send_signal(signal.SIGINT)
    while "Stopping" not in (line := process.stdout.readline()):
        assert line
    process.send_signal(signal.SIGINT)
    _, code = ended(process)

    assert code == 1
    with pytest.raises(ProcessLookupError):
        os.kill(agent, 0)


def test_what_was_done_is_told(project):
    early = 'class Early(Component):\n    def configure(self):\n        self.provide("early", 1)\n'
    app = WORKER.replace("configure(self):", 'configure(self):\n        self.require("early")')
    project.component("app", app + early)
    project.environment("one = early\ntwo = app")
    process = project.start("deploy", "local", start_new_session=True)
    begun(project)

    process.send_signal(signal.SIGTERM)
    (project.path / "go").touch()
    printed, code = ended(process)

    assert code == 1
    assert "one: 1 unchanged" in printed
