"""Talk to a supervisord: questions through its socket, commands with supervisorctl.

A supervisorctl takes a good part of a second to start, which many programs make
noticeable in every deployment; a question through the socket takes milliseconds.
"""

import os
import socket
import stat
import time
from collections.abc import Callable
from typing import Any

from batou.errors import CmdExecutionError
from batou.process import cmd

UNDECIDED = {"STARTING", "BACKOFF", "STOPPING"}
ALIVE = {"RUNNING", "STARTING", "BACKOFF"}
STATES = {*UNDECIDED, *ALIVE, "STOPPED", "EXITED", "FATAL", "UNKNOWN"}


class Control:
    """The supervisord of the work directory *workdir*.

    *socketpath* is where it listens; where there is no socket, supervisorctl
    finds out from the configuration how to reach it.
    """

    def __init__(self, workdir: str, socketpath: str | None = None) -> None:
        self.workdir = workdir
        self.socketpath = socketpath

    def run(self, *args: str, accept: tuple[int, ...] = (0,)) -> tuple[str, str]:
        """Run supervisorctl; returns (stdout, stderr). Raises CmdExecutionError."""
        program = os.path.join(self.workdir, "bin/supervisorctl")
        configuration = os.path.join(self.workdir, "etc/supervisord.conf")
        out, err = cmd([program, "-c", configuration, *args], acceptable_returncodes=accept)
        return out, err

    def answers(self) -> bool:
        """Whether supervisord runs and is not about to end."""
        try:
            return bool(self._ask("getPID"))
        except _NotThisWay:
            try:
                return self.run("pid")[0].strip().isdigit()
            except CmdExecutionError:
                return False

    def states(self, group: str | None = None) -> set[str]:
        """The states of the programs of *group*, or of all; none if supervisord is silent."""
        try:
            programs = self._ask("getAllProcessInfo") or []
        except _NotThisWay:
            return self._printed_states(f"{group}:*" if group else "all")
        return {info["statename"] for info in programs if group in (None, info["group"])}

    def _printed_states(self, names: str) -> set[str]:
        try:
            out, _ = self.run("status", names, accept=(0, 3))
        except CmdExecutionError:
            return set()
        words = [line.split() for line in out.splitlines()]
        return {word[1] for word in words if len(word) > 1 and word[1] in STATES}

    def _ask(self, method: str) -> Any:
        """What supervisord answers; None if it does not.

        Raises _NotThisWay if it does not listen here, or not to us.
        """
        if not self.socketpath or not _is_socket(self.socketpath):
            raise _NotThisWay
        from http.client import HTTPException
        from xmlrpc.client import Fault

        try:
            return _call(self.socketpath, f"supervisor.{method}")
        except (ConnectionError, FileNotFoundError, HTTPException, Fault):
            return None


class _NotThisWay(Exception):
    """A supervisord cannot be asked through its socket."""


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def _call(path: str, method: str) -> Any:
    """The answer to an XML-RPC without arguments, through the socket at *path*."""
    from http.client import HTTPConnection
    from xmlrpc.client import dumps, loads

    connection = HTTPConnection("localhost")
    with socket.socket(socket.AF_UNIX) as connection.sock:
        connection.sock.settimeout(30)
        connection.sock.connect(path)
        connection.request("POST", "/RPC2", dumps((), method), {"Content-Type": "text/xml"})
        response = connection.getresponse()
        body = response.read()
    if response.status != 200:
        raise _NotThisWay
    (answer,), _ = loads(body)
    return answer


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether *condition* becomes true within *seconds*."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
