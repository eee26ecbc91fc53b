"""Machines that vagrant and test-kitchen make: how ssh reaches them."""

import os
import subprocess
import tempfile
from collections.abc import Iterable
from typing import Any

from batou.errors import DeploymentError
from batou.errors.base import Rows

METHODS = ("vagrant", "kitchen")
"""Connect methods whose tool knows how to log in."""

AFTER_CREATE = "BATOU_POST_KITCHEN_CREATE_CMD"
"""Environment variable with a command that runs in each machine of test-kitchen at first."""


class MachineFailed(DeploymentError):
    """The tool that makes a machine does not do what it was asked for."""

    def __init__(self, command: list[str], why: str, said: str = "", advice: str = "") -> None:
        super().__init__(command, why, said)
        self.command = command
        self.why = why
        self.said = said.strip()
        self.advice = advice

    def summary(self) -> str:
        return f"{' '.join(self.command)}: {self.why}"

    def rows(self) -> Rows:
        return [("It said", "\n".join(self.said.splitlines()[-5:]))] if self.said else []

    def hint(self) -> str | None:
        return self.advice or None


class Machines:
    """The machines of a project in *directory*, made by *method*.

    `config` is for ``ssh -F``; it lies in a directory of its own until `close`.
    """

    def __init__(self, method: str, directory: str) -> None:
        self.method = method
        self.directory = directory
        self._configs = tempfile.TemporaryDirectory(prefix="batou-ssh-")

    def start(self, names: Iterable[str]) -> None:
        """Start the machines *names*; raises MachineFailed."""
        if self.method == "vagrant":
            self._run("vagrant", "up", *names)
            return
        for name in names:
            self._run("kitchen", "create", name)
            if command := os.environ.get(AFTER_CREATE):
                self._run("kitchen", "exec", name, "-c", command)

    def config(self, name: str) -> str:
        """The path of ssh's configuration for the machine *name*; raises MachineFailed."""
        if self.method == "vagrant":
            text = self._run("vagrant", "ssh-config", name)
        else:
            text = kitchen_config(name, self._run("kitchen", "diagnose", name))
        path = os.path.join(self._configs.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def _run(self, *command: str) -> str:
        """Standard output of *command*, run in the project."""
        words = list(command)
        try:
            done = subprocess.run(
                words,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
            )
        except OSError as error:
            advice = f"install {words[0]}, or set another connect_method"
            raise MachineFailed(words, str(error.strerror).lower(), advice=advice) from None
        if done.returncode:
            said = done.stderr.strip() or done.stdout
            advice = f"try it by hand in {self.directory}"
            raise MachineFailed(words, f"exit code {done.returncode}", said, advice)
        return done.stdout

    def close(self) -> None:
        """Remove the configurations."""
        self._configs.cleanup()


def kitchen_config(name: str, diagnosis: str) -> str:
    """What ssh_config says of *name*, according to what ``kitchen diagnose`` has printed.

    Such machines have a new host key whenever they are made, so it is not checked.
    Raises MachineFailed if *diagnosis* does not tell where the machine is.
    """
    state = _state(name, diagnosis)
    if not state.get("hostname"):
        raise MachineFailed(
            ["kitchen", "diagnose", name],
            "it does not tell the machine's address",
            advice=f"check with: kitchen list {name}",
        )
    options = {
        "HostName": state["hostname"],
        "Port": state.get("port", 22),
        "User": state.get("username", "root"),
        "IdentityFile": state.get("ssh_key"),
        "IdentitiesOnly": "yes" if state.get("ssh_key") else None,
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": "/dev/null",
        "LogLevel": "ERROR",
    }
    lines = [f'  {key} "{value}"' for key, value in options.items() if value is not None]
    return "\n".join([f"Host {name}", *lines, ""])


def _state(name: str, diagnosis: str) -> dict[str, Any]:
    """Address and login of an instance; what its driver found out wins over what was configured."""
    import yaml

    try:
        instances = yaml.safe_load(diagnosis)["instances"]
        instance = instances[name] if name in instances else next(iter(instances.values()))
        found: dict[str, Any] = {}
        for part in ("transport", "state_file"):
            found |= {key: value for key, value in (instance.get(part) or {}).items() if value}
    except (yaml.YAMLError, LookupError, TypeError, AttributeError, StopIteration):
        return {}
    return found
