"""What a connection says on its standard error, and what people can do about it."""

import os
import re
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from batou.errors import DeploymentError
from batou.errors.base import Rows

CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is not the known one",
        "compare the key with the host's owner, then update known_hosts; batou does not accept it",
    ),
    (
        r"Permission denied|Too many authentication failures",
        "it does not let this user in",
        "check the user and the key, with: ssh {address}",
    ),
    (
        r"Could not resolve hostname|Name or service not known",
        "its name cannot be resolved",
        "check the name, or give its address in ssh_config (HostName)",
    ),
    (
        r"Connection refused",
        "nothing listens on its ssh port",
        "check that sshd runs, and the port",
    ),
    (
        r"timed out|No route to host|Network is unreachable",
        "it does not answer",
        "check that it is up and that the network leads there",
    ),
    (
        r"sudo: .*password is required|sudo: a terminal is required",
        "sudo wants a password",
        "allow it without: {user} ALL = (SERVICE_USER) NOPASSWD: ALL, in sudoers",
    ),
    (
        r"sudo: unknown user|unknown user|no matching entries in passwd",
        "it does not have the service user",
        "create the user, or set another service_user",
    ),
    (
        r"python[\d.]*\S*: (command )?(executable file )?not found|No such file or directory",
        "it has no python3",
        "install Python 3.10 or newer, or say where it is with python = /path in its section",
    ),
    (
        r"No such container|is not running|no container with name",
        "there is no such running container",
        "start it, or check the name",
    ),
)
"""(pattern of what is said, what it means, what to do), the first that matches counts."""

FINAL = {"its host key is not the known one", "it does not let this user in"}
"""Meanings that another try does not change."""


class ConnectionFailed(DeploymentError):
    """A host cannot be reached, and why as far as the connection has told."""

    def __init__(self, host: str, address: str, said: list[str]) -> None:
        super().__init__(host, address, said)
        self.affected_hostname = host
        self.said = said
        text = "\n".join(said)
        self.meaning, self.advice = "the connection ended before it was made", ""
        for pattern, meaning, advice in CAUSES:
            if re.search(pattern, text):
                self.meaning = meaning
                self.advice = advice.format(address=address, user="LOGIN")
                break

    @property
    def is_final(self) -> bool:
        """Whether it is useless to try again."""
        return self.meaning in FINAL or "python" in self.meaning or "sudo" in self.meaning

    def summary(self) -> str:
        return f"cannot connect to host {self.affected_hostname!r}: {self.meaning}"

    def rows(self) -> Rows:
        return [("It said", "\n".join(self.said[-5:]))] if self.said else []

    def hint(self) -> str | None:
        return self.advice or None


class Complaints:
    """Reads a connection's standard error, line by line, from a named pipe.

    The last lines are kept; each is handed to *told*, once that is set.
    """

    END = b"\0end\n"

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="batou-line-")
        self.path = os.path.join(self._directory.name, "stderr")
        os.mkfifo(self.path, 0o600)
        self._pipe = os.open(self.path, os.O_RDWR)  # both ends, so that opening never waits
        self.said: deque[str] = deque(maxlen=50)
        self.told: Callable[[str], None] | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        rest = b""
        while True:
            *lines, rest = (rest + os.read(self._pipe, 65536)).split(b"\n")
            for line in lines:
                if line == self.END.rstrip():
                    return
                text = line.decode("utf-8", "replace").rstrip()
                self.said.append(text)
                if self.told:
                    self.told(text)

    def close(self) -> list[str]:
        """Stop reading; returns what was said last."""
        if self._directory is not None:
            with suppress(OSError):
                os.write(self._pipe, b"\n" + self.END)
                self._thread.join(timeout=2)
                os.close(self._pipe)
            self._directory.cleanup()
        return [line for line in self.said if line]
