"""An sshd of a test's own, on this machine, for the user that runs the tests."""

import getpass
import os
import shutil
import socket
import subprocess
from pathlib import Path

from batou.testing.wait import wait_until

SSHD = "/usr/sbin/sshd"


class Server:
    """An sshd with keys and a port of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        for name in ("host", "id", "stranger"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name], check=True
            )
        public = (directory / "host.pub").read_text().split()[:2]
        self.known = " ".join([f"[127.0.0.1]:{self.port}", *public])
        (directory / "known").write_text(self.known + "\n")
        shutil.copy(directory / "id.pub", directory / "authorized")
        config = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {directory}/host",
            f"AuthorizedKeysFile {directory}/authorized",
            "PidFile none",
            "UsePAM no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
            "StrictModes no",
        ]
        (directory / "sshd_config").write_text("\n".join(config) + "\n")

    def __enter__(self) -> "Server":
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        with (self.directory / "log").open("w") as log:
            self.process = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", self.directory / "sshd_config"],
                stdin=subprocess.DEVNULL,
                stderr=log,
            )
        wait_until(self.answers, "sshd answers")
        return self

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                return line.recv(4) == b"SSH-"
        except OSError:
            return False

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait(10)

    def config(self, host: str, **more: object) -> str:
        """What ssh_config says of *host*."""
        options = {
            "HostName": "127.0.0.1",
            "Port": self.port,
            "User": getpass.getuser(),
            "IdentityFile": self.directory / "id",
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": self.directory / "known",
            "GlobalKnownHostsFile": "/dev/null",
            **more,
        }
        lines = [f"  {key} {value}" for key, value in options.items()]
        return "\n".join([f"Host {host}", *lines, ""])
