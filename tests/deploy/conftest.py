"""Projects on disk, and batou run on them as a user would."""

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import pytest

from batou.testing.wait import wait_until

SSHD = "/usr/sbin/sshd"


def heed_interrupts() -> None:
    """Undo that a shell lets what it starts in the background ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Project:
    """A deployment project in a temporary directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, dedented."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def component(self, name: str, text: str) -> Path:
        """Write ``components/NAME/component.py`` with the usual imports."""
        head = "import batou\nfrom batou.component import *\nfrom batou.lib.file import File\n"
        return self.write(f"components/{name}/component.py", head + textwrap.dedent(text))

    def environment(self, hosts: str, name: str = "local", rest: str = "") -> Path:
        """Write a local environment with *hosts* as lines of ``[hosts]``."""
        lines = ["[environment]", "connect_method = local", "[hosts]", hosts, rest]
        return self.write(f"environments/{name}/environment.cfg", "\n".join(lines))

    def remote_environment(self, target: Path, hosts: str, rest: str = "") -> Path:
        """Write the environment ``prod`` with *hosts*, whose target directory is *target*."""
        lines = ["[environment]", f"target_directory = {target}", rest, "[hosts]", hosts]
        return self.write("environments/prod/environment.cfg", "\n".join(lines))

    def start(self, *args: str, **kw) -> "subprocess.Popen[str]":
        """Start batou in the project."""
        env = {**os.environ, "APPENV_BASEDIR": str(self.path), **kw.pop("env", {})}
        return subprocess.Popen(
            [sys.executable, "-m", "batou", *args],
            cwd=self.path,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=heed_interrupts,
            **kw,
        )

    def run(self, *args: str, code: int | None = 0, **kw) -> str:
        """Run batou in the project and return what it prints; its exit code must be *code*."""
        with self.start(*args, **kw) as process:
            printed = process.communicate(timeout=60)[0]
        assert code is None or process.returncode == code, printed
        return printed

    def events(self, *args: str, code: int | None = 0, **kw) -> list[dict]:
        """Run batou and return its events."""
        return [json.loads(line) for line in self.run(*args, code=code, **kw).splitlines()]

    def secrets(self, text: str, name: str = "local", **files: bytes) -> dict[str, str]:
        """Encrypt *text* as ``secrets.cfg``, and *files*, whose names have ``_`` for ``.``.

        Returns the environment variables that let batou read them.
        """
        pyrage = pytest.importorskip("pyrage")
        identity = pyrage.x25519.Identity.generate()
        recipient = identity.to_public()
        clear = {"secrets.cfg": f"[batou]\nmembers = {recipient}\n{textwrap.dedent(text)}".encode()}
        clear |= {f"secret-{name.replace('_', '.')}": content for name, content in files.items()}
        for file, content in clear.items():
            encrypted = pyrage.encrypt(content, [recipient])
            (self.path / "environments" / name / f"{file}.age").write_bytes(encrypted)
        key = self.path.with_name("identity")
        key.write_text(f"{identity}\n")
        return {"BATOU_AGE_IDENTITIES": str(key)}

    @property
    def work(self) -> Path:
        """Where components work."""
        return self.path / "work"


class Programs:
    """Shell scripts that play programs; *log* is what they have been called with."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.env = {"PATH": f"{directory}:{os.environ['PATH']}"}

    def write(self, name: str, script: str) -> None:
        """Write a script that notes how it is called."""
        path = self.directory / name
        noting = f'#!/bin/sh\necho "{name} $*" >> {self.directory}/calls\n'
        path.write_text(noting + textwrap.dedent(script))
        path.chmod(0o755)

    @property
    def calls(self) -> str:
        """How the programs have been called, a line for each time."""
        path = self.directory / "calls"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(tmp_path_factory.mktemp("programs"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class Server:
    """An sshd with keys and a port of its own.

    Whoever logs in finds `programs` first; `logins` counts who did.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "bin").mkdir()
        self.programs = Programs(directory / "bin")
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
            f"SetEnv PATH={self.programs.directory}:/usr/local/bin:/usr/bin:/bin",
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

    @property
    def logins(self) -> int:
        """How often somebody has logged in."""
        return (self.directory / "log").read_text().count("Accepted publickey")

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


@pytest.fixture
def servers(tmp_path_factory):
    """Starts servers, each with keys of its own."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Server(tmp_path_factory.mktemp("sshd")))


@pytest.fixture
def server(servers):
    return servers()


@pytest.fixture
def target(tmp_path_factory):
    return tmp_path_factory.mktemp("host") / "deployment"


@pytest.fixture
def remote(project, server, target):
    """A project with two hosts, both of them the server."""
    project.component(
        "app",
        """
class App(Component):
    def configure(self):
        self.provide("app", self.host.name)
        self += File("app.conf", content="{{environment.base_dir}} {{host.name}}")
class Balancer(Component):
    def configure(self):
        self.apps = self.require("app")
        self += File("apps", content="{{component.apps}}")
""",
    )
    project.remote_environment(target, "one = app\ntwo = balancer")
    project.write("ssh_config", server.config("one") + server.config("two"))
    return project
