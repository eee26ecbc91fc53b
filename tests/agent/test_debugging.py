"""``breakpoint()`` in a component opens a debugger that can be talked to."""

import socket
import subprocess
import sys

import pytest

from batou.testing.wait import wait_until

COMPONENT = """
from batou.component import Component
class App(Component):
    def verify(self):
        answer = 42
        breakpoint()
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "components/app").mkdir(parents=True)
    (tmp_path / "components/app/component.py").write_text(COMPONENT)
    (tmp_path / "environments/local").mkdir(parents=True)
    (tmp_path / "environments/local/environment.cfg").write_text(
        "[environment]\nconnect_method = local\n[hosts]\nlocalhost = app\n"
    )
    return tmp_path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_breakpoint_waits_for_a_connection_in_the_frame_that_called_it(project, monkeypatch):
    port = free_port()
    monkeypatch.setenv("REMOTE_PDB_PORT", str(port))
    monkeypatch.chdir(project)
    with subprocess.Popen(
        [sys.executable, "-m", "batou", "deploy", "local"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        connections = []

        def connected():
            try:
                connections.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            except ConnectionRefusedError:
                return False
            return True

        wait_until(connected, "the debugger listens")
        with connections[0] as line:
            line.sendall(b"p answer + 1\nc\n")
            heard = b""
            while chunk := line.recv(4096):
                heard += chunk
        printed = process.communicate(timeout=30)[0].decode()

    assert b"43" in heard
    assert process.returncode == 0, printed
