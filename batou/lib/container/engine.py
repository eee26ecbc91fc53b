"""Talk to docker or podman, which understand the same commands."""

import json
import shutil
import subprocess
from typing import Any

from batou.errors import CmdExecutionError
from batou.lib.container.errors import NoEngine
from batou.process import cmd

ENGINES = ("docker", "podman")
LOG_LINES = 20
SILENT = ("connect to the docker daemon", "connect to the docker api", "connect to podman")
"""What engines say whose server does not answer, or does not let us in."""


class Engine:
    """The engine called *name*; None means the one that the host has."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or next(filter(shutil.which, ENGINES), ENGINES[0])

    def run(self, *arguments: str, timeout: float | None = None) -> str:
        """What the engine prints. Raises CmdExecutionError, and NoEngine if it does not answer."""
        try:
            out, _ = cmd([self.name, *arguments], timeout=timeout)
        except CmdExecutionError as error:
            reason = str(error.stderr).strip()
            if error.returncode == 127:
                raise NoEngine(self.name, "it is not installed") from None
            if any(words in reason.lower() for words in SILENT):
                raise NoEngine(self.name, reason.splitlines()[-1]) from None
            raise
        return str(out)

    def inspect(self, kind: str, name: str) -> dict[str, Any] | None:
        """What the engine knows of the ``container`` or ``image`` *name*; None if it is not there.

        Raises NoEngine.
        """
        try:
            found: list[dict[str, Any]] = json.loads(self.run(kind, "inspect", "--", name))
        except CmdExecutionError as error:
            if "no such" in str(error.stderr).lower() or "not known" in str(error.stderr):
                return None
            raise
        return found[0]

    def logs(self, container: str) -> str:
        """The last lines that *container* has written, to both outputs."""
        command = [self.name, "logs", f"--tail={LOG_LINES}", container]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def load(self, archive: str) -> str:
        """Take the image from a file that ``save`` has made; returns its name or id."""
        lines = self.run("load", f"--input={archive}").strip().splitlines()
        loaded = [line for line in lines if line.startswith("Loaded image")]
        return loaded[-1].partition(": ")[2].strip() if loaded else lines[-1].strip()
