"""Projects on disk, and batou run on them as a user would."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


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


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
