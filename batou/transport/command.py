"""How an interpreter on a host is started: argument lists, and nothing else. Pure."""

import shlex
import sys
from dataclasses import dataclass, replace

from batou.transport.bootstrap import READ

ISOLATED = ("-I", "-S")
"""Nothing of the host's own packages is seen (python(1))."""

SSH_OPTIONS = (
    "-T",  # no terminal
    "-a",  # no agent forwarding
    "-x",  # no X11
    "-o ConnectTimeout=10",
    "-o ServerAliveInterval=15",
    "-o ServerAliveCountMax=4",
)

CONTAINERS = ("docker", "podman")
"""Connect methods that run a program in a container, instead of logging in."""

UNINTERRUPTED = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")
"""Ctrl-C at the terminal is meant for batou, which lets hosts finish what they have in hand."""

AS_AT_LOGIN = (
    'u=$(id -un 2>/dev/null) && eval "HOME=~$u" && export HOME USER="$u" LOGNAME="$u"; exec "$@"'
)
"""What a login would set, and ``exec`` in a container takes from the image instead."""


@dataclass(frozen=True)
class Reach:
    """How to reach a host: method, name there, user to become, interpreter, ssh's config file."""

    method: str
    address: str
    user: str | None = None
    sudo: bool = False
    python: str = "python3"
    ssh_config: str | None = None
    is_interactive: bool = False

    def through_sudo(self) -> "Reach":
        """The same, as the user to become."""
        return replace(self, sudo=True)


def command(reach: Reach) -> list[str]:
    """The command that starts the interpreter.

    >>> command(Reach("docker", "web1", user="app"))[-6:-2]
    ['python3', '-I', '-S', '-u']
    """
    if reach.method == "local":
        return [sys.executable, "-I", "-u", "-c", READ]
    if reach.method in CONTAINERS:
        user = ["-u", reach.user] if reach.user else []
        shell = ["sh", "-c", AS_AT_LOGIN, "sh"]
        enter = [reach.method, "exec", "-i", *user, reach.address]
        return [*UNINTERRUPTED, *enter, *shell, *interpreter(reach)]
    return [*UNINTERRUPTED, *ssh(reach), shlex.join([*become(reach), *interpreter(reach)])]


def interpreter(reach: Reach) -> list[str]:
    """The interpreter, ready for execnet."""
    return [reach.python, *ISOLATED, "-u", "-c", READ]


def ssh(reach: Reach) -> list[str]:
    """The ssh command up to the host."""
    config = ["-F", reach.ssh_config] if reach.ssh_config else []
    batch = [] if reach.is_interactive else ["-o", "BatchMode=yes"]
    options = [word for option in SSH_OPTIONS for word in option.split(" ")]
    return ["ssh", *options, *batch, *config, "--", reach.address]


def become(reach: Reach) -> list[str]:
    """What comes before a command for another user."""
    return ["sudo", "-ni", "-u", reach.user] if reach.sudo and reach.user else []
