"""`batou.lib.supervisorctl`."""

import shutil
import socket
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, dumps

import pytest

from batou.errors import CmdExecutionError
from batou.lib.supervisorctl import Control, wait_for


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory whose path is short enough for sockets."""
    path = Path(tempfile.mkdtemp())
    yield path
    shutil.rmtree(path)


@pytest.fixture
def install(directory: Path) -> Callable[[str], None]:
    """Make supervisorctl a shell script."""

    def install(script: str) -> None:
        program = directory / "bin/supervisorctl"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    return install


class Listener:
    """Listens where supervisord would, and answers everything in the same way."""

    def __init__(self, path: str) -> None:
        listener = self
        self.answer: Any = 42
        self.status = 200
        self.asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                listener.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                answer = (
                    listener.answer if isinstance(listener.answer, Fault) else (listener.answer,)
                )
                body = dumps(answer, methodresponse=True).encode()
                self.send_response(listener.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Print nothing."""

            def address_string(self) -> str:
                return "unix"

        self.server = socketserver.UnixStreamServer(path, Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def listener(directory: Path) -> Iterator[Listener]:
    """Somebody who listens at the socket."""
    listener = Listener(str(directory / "s"))
    yield listener
    listener.stop()


@pytest.fixture
def control(directory: Path) -> Control:
    """What the tests ask."""
    return Control(str(directory), str(directory / "s"))


def info(group: str, state: str) -> dict[str, str]:
    return {"name": group, "group": group, "statename": state}


def test_socket_is_asked_without_starting_a_program(control: Control, listener: Listener) -> None:
    assert control.answers()
    assert "<methodName>supervisor.getPID</methodName>" in listener.asked[0]


def test_states_are_those_of_the_group(control: Control, listener: Listener) -> None:
    listener.answer = [info("a", "RUNNING"), info("b", "FATAL"), info("a", "STARTING")]

    assert control.states("a") == {"RUNNING", "STARTING"}
    assert control.states("c") == set()
    assert control.states() == {"RUNNING", "STARTING", "FATAL"}


def test_supervisord_that_is_about_to_end_does_not_answer(
    control: Control, listener: Listener
) -> None:
    listener.answer = Fault(6, "SHUTDOWN_STATE")

    assert not control.answers()
    assert control.states() == set()


def test_socket_that_nobody_listens_at_is_silent(control: Control, directory: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(directory / "s"))

    assert not control.answers()
    assert control.states() == set()


@pytest.mark.parametrize("reason", ["no socket", "refused", "unknown"])
def test_supervisorctl_is_asked_where_the_socket_does_not_help(
    directory: Path,
    request: pytest.FixtureRequest,
    install: Callable[[str], None],
    reason: str,
) -> None:
    control = Control(str(directory), None if reason == "unknown" else str(directory / "s"))
    if reason == "refused":
        request.getfixturevalue("listener").status = 401
    install(
        'if [ "$3" = pid ]; then echo 17; exit; fi\n'
        'echo "$4 RUNNING pid 18, uptime 0:00:01"; echo "b STOPPED Not started"\n'
        'echo "something else"; exit 3'
    )

    assert control.answers()
    assert control.states("a") == {"RUNNING", "STOPPED"}
    assert control.states() == {"RUNNING", "STOPPED"}


@pytest.mark.parametrize("script", ["echo refused", "exit 4"])
def test_supervisorctl_without_an_answer_means_silence(
    control: Control, install: Callable[[str], None], script: str
) -> None:
    install(script)

    assert not control.answers()
    assert control.states() == set()


def test_missing_supervisorctl_means_silence(control: Control) -> None:
    assert not control.answers()
    assert control.states("a") == set()


def test_command_names_the_configuration(
    control: Control, directory: Path, install: Callable[[str], None]
) -> None:
    install('echo "$@"')

    out, _ = control.run("start", "a b")

    assert out == f"-c {directory}/etc/supervisord.conf start a b\n"


def test_failing_command_is_an_error(control: Control, install: Callable[[str], None]) -> None:
    install("exit 1")

    with pytest.raises(CmdExecutionError, match="supervisorctl"):
        control.run("start", "a")


def test_waiting_ends_with_the_condition() -> None:
    answers = iter([False, False, True])

    assert wait_for(lambda: next(answers), 10)
    assert list(answers) == []


def test_waiting_ends_with_the_time() -> None:
    assert not wait_for(lambda: False, 0)
