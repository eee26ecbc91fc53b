"""Containers that ``--keep`` has left: remembered, entered, forgotten."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from batou.errors import ReportingException, closest, listing
from batou.testing.trial.stage import Stage, StagedHost

PLACE = Path(".batou", "trial")
"""Below the project, a file for each environment whose containers were kept."""


@dataclass(eq=False)
class NothingKept(ReportingException):
    """There is no container to be entered."""

    environment: str
    host: str
    known: tuple[str, ...] = ()

    def summary(self) -> str:
        return f"no container of host {self.host!r} was kept for environment {self.environment!r}"

    def hint(self) -> str:
        if self.known:
            guess = closest(self.host, self.known)
            return guess or f"there are: {listing(self.known)}"
        return f"run `./batou test {self.environment} --keep` first"


def remember(stage: Stage) -> None:
    """Write down where the containers of *stage* are."""
    stage.write(file_of(stage.environment))


def kept(environment: str) -> Stage | None:
    """The stage whose containers were kept; None if there is none."""
    try:
        return Stage.read(file_of(environment))
    except (OSError, ValueError):
        return None


def forget(environment: str) -> None:
    """Nothing is kept any more."""
    file_of(environment).unlink(missing_ok=True)


def file_of(environment: str) -> Path:
    """Where it is written down."""
    return PLACE / f"{environment}.json"


def open_shell(environment: str, name: str) -> int:
    """Open a shell on host *name*, and return its exit code; raises NothingKept."""
    stage = kept(environment)
    hosts = {host.name: host for host in stage.hosts} if stage else {}
    if stage is None or name not in hosts:
        raise NothingKept(environment, name, tuple(hosts))
    return subprocess.call(shell_command(stage.method, hosts[name], os.isatty(0)))


def shell_command(method: str, host: StagedHost, has_terminal: bool) -> list[str]:
    """The command that opens a shell, as the user that deployments have.

    >>> shell_command("docker", StagedHost("web", "c1", "", "ubuntu", "ubuntu", "app"), True)
    ['docker', 'exec', '-it', '-u', 'app', 'c1', 'sh', '-l']
    """
    user = ["-u", host.user] if host.user else []
    return [method, "exec", "-it" if has_terminal else "-i", *user, host.container, "sh", "-l"]
