"""A host that stalls stops itself only; one that works long is waited for."""

import os
import signal

STALL = {"env": {"BATOU_STALL_TIMEOUT": "5"}}

COMPONENTS = """
import os, signal, time
class Stops(Component):
    def verify(self):
        open(self.environment.base_dir + "/agent", "w").write(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)
class Rest(Component):
    def configure(self):
        self += File("rest", content="here")
class Works(Component):
    def verify(self):
        time.sleep(9)
"""


def test_a_host_that_stalls_is_named_and_the_others_go_on(project):
    project.component("app", COMPONENTS)
    project.environment("one = stops, rest\ntwo = rest, works")

    try:
        printed = project.run("deploy", "local", code=1, **STALL)
    finally:
        agent = project.path / "agent"
        if agent.exists():
            kill(int(agent.read_text()))

    assert "host 'one' stalled: nothing came for 5 s" in printed
    assert "while it was being deployed" in printed
    assert "In hand: stops" in printed.replace("  ", " ")
    assert "1 failed: stops, 1 not reached: rest" in printed
    assert "2 unchanged" in printed or "1 updated, 1 unchanged" in printed
    assert (project.work / "rest/rest").exists()
    assert "Traceback" not in printed


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
