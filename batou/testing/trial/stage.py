"""`Stage`: an environment and the containers that stand for its hosts; it can be written down."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from batou.deploy.options import RunOptions
from batou.deploy.selection import Selection
from batou.deploy.staging import Staging
from batou.environment import Environment
from batou.goal import Goal


@dataclass(frozen=True)
class StagedHost:
    """A host, the container that stands for it, and how that container is entered."""

    name: str
    container: str
    address: str
    platform: str
    image: str
    user: str | None = None

    @property
    def shown(self) -> str:
        """The platform for people, and what stands in for it."""
        return self.platform if self.platform == self.image else f"{self.platform} on {self.image}"


@dataclass(frozen=True)
class Stage:
    """Where an environment is tried.

    *method* is the engine's command, *run* the label of the containers, *platform* as
    it was asked for. Hosts get the files below *repository_root*, which is relative to
    the project, in their directory *target*.
    """

    environment: str
    method: str
    hosts: tuple[StagedHost, ...]
    run: str = ""
    platform: str | None = None
    has_fake_secrets: bool = False
    debug: bool = False
    target: str = "~/deployment"
    repository_root: str = "."

    def host(self, name: str) -> StagedHost:
        """The host *name*; raises KeyError."""
        return {host.name: host for host in self.hosts}[name]

    def options(self, goal: Goal = Goal.DEPLOY, selection: Selection | None = None) -> RunOptions:
        """What makes a run deploy to this stage: all of its hosts, unless *selection* says less."""
        return RunOptions(
            environment=self.environment,
            goal=goal,
            platform=self.platform,
            is_dirty_allowed=True,
            debug=self.debug,
            changes_exit_code=False,
            selection=selection or Selection(hosts=tuple(host.name for host in self.hosts)),
            staging=self.staging(),
        )

    def staging(self) -> Staging:
        """Where the hosts are, for a run."""
        return Staging(
            self.method,
            {host.name: host.container for host in self.hosts},
            {host.name: host.address for host in self.hosts},
            self.repository_root,
            secrets_of(self.has_fake_secrets),
        )

    # As a file, for the tests of the project and for those who come back later

    def write(self, path: Path) -> None:
        """Write it to *path*."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Stage":
        """What was written to *path*; raises OSError, and ValueError if it is something else."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            hosts = tuple(StagedHost(**host) for host in values.pop("hosts"))
            return cls(hosts=hosts, **values)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path} describes no stage: {error}") from None


def secrets_of(are_fake: bool) -> Callable[[Environment], Any] | None:
    """What makes secrets in a run; None if they are decrypted."""
    if not are_fake:
        return None
    from batou.secrets.fake import fake_secrets

    return fake_secrets


def repository_root(environment: Environment) -> str:
    """The directory whose files hosts get, relative to the project, as ``update_method`` has it."""
    program = (environment.update_method or "").partition("-")[0]
    if program not in ("git", "hg"):
        return environment.repository_root or "."
    place = Path(environment.base_dir)
    tops = (up for up in (place, *place.parents) if (up / f".{program}").exists())
    return os.path.relpath(next(tops, place), place)
