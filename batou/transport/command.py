"""How an interpreter on a host is started: argument lists, and nothing else. Pure.

Whatever a command list says, execnet appends ``-u -c BOOTSTRAP`` to it.
"""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

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

    >>> command(Reach("docker", "web1", user="app"))
    ['docker', 'exec', '-i', '-u', 'app', 'web1', 'python3', '-I', '-S']
    """
    if reach.method == "local":
        return [sys.executable, "-I"]
    if reach.method in ("docker", "podman"):
        user = ["-u", reach.user] if reach.user else []
        return [reach.method, "exec", "-i", *user, reach.address, reach.python, *ISOLATED]
    return through_shell(ssh(reach), remote(reach))


def ssh(reach: Reach) -> list[str]:
    """The ssh command up to the host."""
    config = ["-F", reach.ssh_config] if reach.ssh_config else []
    batch = [] if reach.is_interactive else ["-o", "BatchMode=yes"]
    options = [word for option in SSH_OPTIONS for word in option.split(" ")]
    return ["ssh", *options, *batch, *config, "--", reach.address]


def remote(reach: Reach) -> list[str]:
    """The interpreter as the host's shell starts it, through sudo if that is needed."""
    become = ["sudo", "-ni", "-u", reach.user] if reach.sudo and reach.user else []
    return [*become, reach.python, *ISOLATED]


def through_shell(local: Sequence[str], far: Sequence[str]) -> list[str]:
    """*local* with *far* as its last argument, for a shell on the other side.

    A shell here puts together what execnet appends, because ssh gives the other
    side one line of text. The bootstrap contains no quotes.
    """
    script = f"exec {shlex.join(local)} {shlex.quote(shlex.join(far) + ' ')}\"$1 $2 '$3'\""
    return ["sh", "-c", script, "sh"]


def listening(command: Sequence[str], errors: str) -> list[str]:
    """*command* with its standard error going to the file *errors*."""
    return ["sh", "-c", f'exec 2>{shlex.quote(errors)}; exec {shlex.join(command)} "$@"', "sh"]
