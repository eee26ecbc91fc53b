"""`TestHost`: what a test does with a host of a fleet."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from batou.process import cmd
from batou.testing.fleet import Fleet, Member

LIST_FILES = """\
import hashlib, json, os, stat, sys
found = {}
for place, _, names in os.walk(sys.argv[1]):
    for path in [place, *(os.path.join(place, name) for name in names)]:
        status = os.lstat(path)
        what = "directory"
        if stat.S_ISLNK(status.st_mode):
            what = "-> " + os.readlink(path)
        elif stat.S_ISREG(status.st_mode):
            with open(path, "rb") as file:
                what = hashlib.sha256(file.read()).hexdigest()
        found[path] = f"{stat.filemode(status.st_mode)} {what}"
print(json.dumps(found))
"""


@dataclass(frozen=True)
class TestHost:
    """A host in a container."""

    __test__ = False  # not a class of tests

    fleet: Fleet
    member: Member

    @property
    def name(self) -> str:
        """Its name in the environment, and for the other hosts."""
        return self.member.name

    @property
    def container(self) -> str:
        """The name of its container: the host's name for ``connect_method = docker``."""
        return self.fleet.container(self.member.name)

    @property
    def address(self) -> str:
        """Its address; empty without a network."""
        return self.fleet.addresses.get(self.member.name, "")

    def run(
        self,
        command: str | Sequence[str],
        user: str | None = None,
        input: str | bytes | None = None,
    ) -> str:
        """Standard output of *command*, run by root or *user*; raises CmdExecutionError."""
        return self.fleet.run(self.member.name, command, user, input)

    def files(self, path: str) -> dict[str, str]:
        """Everything at and below *path*: mode, and digest, target of a link, or ``directory``."""
        python = self.member.platform.python
        found: dict[str, str] = json.loads(self.run([python, "-I", "-c", LIST_FILES, path]))
        return found

    def stop(self) -> None:
        """End everything in it at once, as a power cut does."""
        self.fleet.engine.call("kill", self.container)


@dataclass(frozen=True)
class SSHHosts:
    """Hosts in which sshd runs, and how to log in."""

    hosts: tuple[TestHost, ...]
    ssh_config: Path
    """A file for ``ssh -F``: the names of the hosts, and the key."""

    key: Path

    def ssh(self, name: str, command: str) -> str:
        """Standard output of *command* on host *name* by ssh; raises CmdExecutionError."""
        out, _ = cmd(["ssh", "-F", str(self.ssh_config), name, command], timeout=120)
        return str(out)


def make_key(place: Path) -> Path:
    """A new key without a passphrase in the directory *place*; its public part is beside it."""
    key = place / "id_ed25519"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "batou", "-f", str(key)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return key


def ssh_config(hosts: Sequence[TestHost], key: Path, login: str) -> str:
    """What ssh has to know of *hosts*, as ssh_config(5) has it."""
    text = ""
    for host in hosts:
        text += f"Host {' '.join([host.name, *host.member.aliases])}\n    HostName {host.address}\n"
    return f"""\
{text}Host *
    User {login}
    IdentityFile {key}
    IdentitiesOnly yes
    ConnectTimeout 60
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
"""
