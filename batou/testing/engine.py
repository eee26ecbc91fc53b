"""`Engine`: docker or podman, by its own command.

The command knows contexts, sockets and rootless set-ups, and is what hosts in
containers are deployed through.
"""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from batou.process import CmdExecutionError, cmd
from batou.testing.errors import EngineFailed, NoEngine

COMMANDS = ("docker", "podman")
CHOICE = "BATOU_ENGINE"
"""The variable that names the command, if both are installed."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Engine:
    """A container engine that answers."""

    command: str

    def call(self, *words: str, input: str | bytes | None = None) -> str:
        """What the engine's command says to *words*; raises EngineFailed."""
        try:
            out, _ = cmd([self.command, *words], input=input)
        except CmdExecutionError as error:
            short = " ".join([self.command, *words[:2]])
            raise EngineFailed(short, (error.stderr or error.stdout).strip()) from None
        return str(out)

    def run_in(
        self,
        container: str,
        command: Sequence[str],
        user: str | None = None,
        input: str | bytes | None = None,
    ) -> str:
        """Standard output of *command* in *container*; raises CmdExecutionError."""
        user_words = ["-u", user] if user else []
        out, _ = cmd([self.command, "exec", "-i", *user_words, container, *command], input=input)
        return str(out)

    def inspect(self, kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
        """What the engine knows of things of *kind*: ``container``, ``image``, ``network``."""
        if not names:
            return []
        answer: list[dict[str, Any]] = json.loads(self.call(kind, "inspect", *names))
        return answer

    def labelled(self, kind: str, label: str) -> list[dict[str, Any]]:
        """All things of *kind* that have *label*, as `inspect` says."""
        everything = ["-a"] if kind == "container" else []
        ids = self.call(kind, "ls", *everything, "-q", "--filter", f"label={label}").split()
        names = list(dict.fromkeys(ids))
        try:
            return self.inspect(kind, names)
        except EngineFailed:  # somebody else has just removed one of them
            return [known for name in names for known in self._inspect_if_there(kind, name)]

    def _inspect_if_there(self, kind: str, name: str) -> list[dict[str, Any]]:
        try:
            return self.inspect(kind, [name])
        except EngineFailed:
            return []

    def has_image(self, name: str) -> bool:
        """Whether an image is here."""
        return bool(self.call("image", "ls", "-q", name).strip())


def find_engine(environ: Mapping[str, str] = os.environ) -> Engine:
    """The engine that answers, docker before podman; raises NoEngine."""
    choice = environ.get(CHOICE)
    answers = []
    for command in [choice] if choice else COMMANDS:
        said = _complaint(command)
        if said is None:
            return Engine(command)
        answers.append((command, said))
    raise NoEngine(answers)


def _complaint(command: str) -> str | None:
    """Why the engine behind *command* cannot be used, or None."""
    try:
        done = subprocess.run(
            [command, "info", "--format", "{{json .}}"],
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        return "is not installed"
    except OSError as error:
        return (error.strerror or str(error)).lower()
    except subprocess.TimeoutExpired:
        return "does not answer within 30 s"
    errors = done.stderr.strip()
    if done.returncode == 0:
        # docker's command succeeds without a server, and says so among the facts
        known = json.loads(done.stdout)
        errors = "\n".join(known.get("ServerErrors") or [])
    return None if done.returncode == 0 and not errors else errors or "fails without a word"


def at_once(calls: Iterable[Any]) -> list[Any]:
    """The results of functions without arguments, which run in threads side by side.

    All of them end before the first failure is raised.
    """
    functions = list(calls)
    if not functions:
        return []
    with ThreadPoolExecutor(len(functions)) as pool:
        futures = [pool.submit(copy_context().run, function) for function in functions]
    return [future.result() for future in futures]
