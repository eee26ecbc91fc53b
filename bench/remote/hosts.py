"""Hosts: home directories on this machine, behind an sshd."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from batou.testing.wait import wait_until
from bench.remote.wire import Wires

SSHD = "/usr/sbin/sshd"
SFTP = "/usr/lib/openssh/sftp-server"

PORTS = 10
"""Ports of one sshd; it takes 16 at most."""


class Hosts:
    """*count* hosts ``host0`` …; a context manager. ``ssh_config`` leads to them."""

    def __init__(self, count: int, delay: float = 0.0) -> None:
        self.names = [f"host{number}" for number in range(count)]
        self._temporary = tempfile.TemporaryDirectory(prefix="batou-bench-")
        self.directory = Path(self._temporary.name)
        self.ssh_config = self.directory / "ssh_config"
        self._ports = free_ports(count)
        self.wires = Wires(self._ports, delay)
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Hosts":
        for name in ("key", "id"):
            call = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.directory / name)]
            subprocess.run(call, check=True)
        self.clean()
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        for first in range(0, len(self.names), PORTS):
            config = self._write_server(slice(first, first + PORTS))
            with config.with_suffix(".log").open("w") as log:
                self._processes.append(
                    subprocess.Popen(
                        [SSHD, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL, stderr=log
                    )
                )
        for port in self._ports:
            wait_until(lambda port=port: answers(port), "sshd answers", 60)  # type: ignore[misc]
        self.wires.__enter__()
        self._write_client()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wires.__exit__(kind, error, trace)
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(10)
        self._temporary.cleanup()

    def home(self, name: str) -> Path:
        """The home directory on host *name*."""
        return self.directory / "homes" / name

    def clean(self) -> None:
        """Let all hosts be new."""
        for name in self.names:
            shutil.rmtree(self.home(name), ignore_errors=True)
            self.home(name).mkdir(parents=True)

    def _write_server(self, some: slice) -> Path:
        """What the sshd of some of the hosts reads."""
        names, ports = self.names[some], self._ports[some]
        lines = [
            *(f"Port {port}" for port in ports),
            "ListenAddress 127.0.0.1",
            f"HostKey {self.directory}/key",
            f"AuthorizedKeysFile {self.directory}/id.pub",
            "PidFile none",
            "UsePAM no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
            "StrictModes no",
            "MaxStartups 1000",
            "MaxSessions 100",
            f"Subsystem sftp {SFTP}",
        ]
        for name, port in zip(names, ports, strict=True):
            enter = f'cd {self.home(name)}; HOME=$PWD exec sh -c "${{SSH_ORIGINAL_COMMAND:-sh}}"'
            lines += [f"Match LocalPort {port}", f"  ForceCommand {enter}"]
        path = self.directory / f"sshd-{some.start}.conf"
        path.write_text("\n".join(lines) + "\n")
        return path

    def _write_client(self) -> None:
        public = (self.directory / "key.pub").read_text().split()[:2]
        known = [f"[127.0.0.1]:{port} {' '.join(public)}" for port in self.wires.ports]
        (self.directory / "known").write_text("\n".join(known) + "\n")
        lines = []
        for name, port in zip(self.names, self.wires.ports, strict=True):
            lines += [f"Host {name}", "  HostName 127.0.0.1", f"  Port {port}"]
        lines += [
            "Host *",
            f"  User {getpass.getuser()}",
            f"  IdentityFile {self.directory}/id",
            "  IdentitiesOnly yes",
            f"  UserKnownHostsFile {self.directory}/known",
            "  GlobalKnownHostsFile /dev/null",
        ]
        self.ssh_config.write_text("\n".join(lines) + "\n")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def answers(port: int) -> bool:
    """Whether an sshd listens on *port*."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as line:
            return line.recv(4) == b"SSH-"
    except OSError:
        return False
