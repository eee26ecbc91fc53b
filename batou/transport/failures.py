"""Why a host cannot be reached, as its connection told it, and what people can do about it."""

import re
from dataclasses import dataclass

from batou.errors import DeploymentError
from batou.errors.base import Rows


@dataclass(frozen=True)
class Cause:
    """What is said, what it means, what to do; whether another try changes nothing."""

    pattern: str
    meaning: str
    advice: str
    is_final: bool = False


UNSAFE = "its host key is not the known one"
"""A host about which this is said is not skipped: it may be another one."""

CAUSES = (
    Cause(
        r"^printed at login: ",
        "it prints something before Python starts",
        "let .bashrc and the like print only where there is a terminal: [ -t 1 ] && …",
        is_final=True,
    ),
    Cause(
        r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED",
        UNSAFE,
        "compare the key with the host's owner, then update known_hosts; batou does not accept it",
        is_final=True,
    ),
    Cause(
        r"Permission denied( \(|, please)|Too many authentication failures",
        "it does not let this user in",
        "check the user and the key, with: ssh {address}",
        is_final=True,
    ),
    Cause(
        r"Could not resolve hostname|Name or service not known",
        "its name cannot be resolved",
        "check the name, or give its address in ssh_config (HostName)",
    ),
    Cause(
        r"Connection refused",
        "nothing listens on its ssh port",
        "check that sshd runs, and the port",
    ),
    Cause(
        r"timed out|No route to host|Network is unreachable",
        "it does not answer",
        "check that it is up and that the network leads there",
    ),
    Cause(
        r"sudo: .*password is required|sudo: a terminal is required"
        r"|sudo: no tty present|sudo: interactive authentication is required",
        "sudo wants a password",
        "let sudo do it without, with this line in sudoers: LOGIN ALL = ({user}) NOPASSWD: ALL",
        is_final=True,
    ),
    Cause(
        r"is not allowed to (execute|run)|is not in the sudoers file|may not run sudo",
        "sudo does not allow it",
        "allow it with this line in sudoers: LOGIN ALL = ({user}) NOPASSWD: ALL",
        is_final=True,
    ),
    Cause(
        r"sudo: unknown user|unknown user|no matching entries in passwd",
        "it does not have the user {user!r}",
        "create the user, or set another service_user",
        is_final=True,
    ),
    Cause(
        r"sudo: (command )?not found|sudo: No such file|: sudo: not found|command not found: sudo",
        "it has no sudo",
        "install sudo, or log in as {user} and set require_sudo = False",
        is_final=True,
    ),
    Cause(
        r"This account is (currently )?not available|nologin",
        "the login shell of {user!r} refuses",
        "give the service user a shell that starts programs, like /bin/sh",
        is_final=True,
    ),
    Cause(
        r"^sh: (.*exec: )?(?P<program>ssh|docker|podman): (.*not found|No such file)",
        "{program} is not installed where the connection starts",
        "install it, or set another connect_method",
        is_final=True,
    ),
    Cause(
        r"Cannot connect to the Docker daemon|docker daemon is not running|docker\.sock",
        "the container engine does not answer",
        "start the engine, and check that you may use it",
    ),
    Cause(
        r"No such container|no container with name|is not running|container state improper",
        "there is no running container {address!r}",
        "start it; its name must be that of the host",
        is_final=True,
    ),
    Cause(
        r'exec: "?sh"?: executable file not found',
        "the container has no shell",
        "use an image with sh and Python 3.10 or newer",
        is_final=True,
    ),
    Cause(
        r"SyntaxError|future feature annotations|open\(\) takes at most",
        "its python3 is too old",
        "install Python 3.10 or newer, and say where it is with python = /path in its section",
        is_final=True,
    ),
    Cause(
        r"python[\d.]*\S*: (command )?(executable file )?not found|No such file or directory"
        r"|: not found|command not found",
        "it has no python3",
        "install Python 3.10 or newer, or say where it is with python = /path in its section",
        is_final=True,
    ),
)
"""The first that matches counts."""


class ConnectionFailed(DeploymentError):
    """A host cannot be reached, and why as far as the connection has told.

    *user* is the service user, *relay* the host that the connection is made from.
    """

    def __init__(
        self, host: str, address: str, said: list[str], user: str = "", relay: str = ""
    ) -> None:
        super().__init__(host, address, said)
        self.affected_hostname = host
        self.said = said
        self.relay = relay
        self.meaning, self.advice = "the connection ended before it was made", ""
        self.is_final = False
        values = {"address": address, "user": user or "the service user"}
        for cause in CAUSES:
            if found := re.search(cause.pattern, "\n".join(said), re.M):
                values.update(found.groupdict())
                self.meaning = cause.meaning.format(**values)
                self.advice = cause.advice.format(**values)
                self.is_final = cause.is_final
                break

    @property
    def may_be_skipped(self) -> bool:
        """Whether the run may go on without the host, if it was asked to."""
        return self.meaning != UNSAFE

    def summary(self) -> str:
        return f"cannot connect to host {self.affected_hostname!r}: {self.meaning}"

    def rows(self) -> Rows:
        relay: Rows = [("Relay", self.relay)] if self.relay else []
        said: Rows = [("It said", "\n".join(self.said[-5:]))] if self.said else []
        return [*relay, *said]

    def hint(self) -> str | None:
        return self.advice or None


class RelayFailed(DeploymentError):
    """A host cannot be reached because its relay cannot."""

    def __init__(self, host: str, relay: str, error: "ConnectionFailed | RelayFailed") -> None:
        super().__init__(host, relay)
        self.affected_hostname = host
        self.relay = relay
        self.meaning: str = error.meaning
        self.advice: str = error.advice
        self.said: list[str] = error.said
        self.may_be_skipped: bool = error.may_be_skipped

    def summary(self) -> str:
        return f"cannot connect through relay {self.relay!r}: {self.meaning}"

    def rows(self) -> Rows:
        return [("It said", "\n".join(self.said[-5:]))] if self.said else []

    def hint(self) -> str | None:
        return self.advice or None
