"""What a trial was asked for."""

from dataclasses import dataclass
from pathlib import Path

from batou.deploy.options import RunOptions
from batou.deploy.selection import Selection
from batou.deploy.staging import Staging
from batou.environment import Environment
from batou.testing.platforms import folders
from batou.testing.trial.casting import Part, cast


@dataclass(frozen=True)
class Wish:
    """An environment to be tried, and how."""

    environment: str
    platform: str | None = None
    hosts: tuple[str, ...] = ()
    keeps: bool = False
    has_network: bool = False
    has_init: bool = False
    junit: Path | None = None
    has_fake_secrets: bool = False
    upgrade_from: str | None = None
    debug: bool = False

    @property
    def selection(self) -> Selection:
        """The hosts that are asked for."""
        return Selection(hosts=self.hosts)

    def cast(self) -> tuple[Environment, list[Part]]:
        """The environment and its hosts that take part; raises Aborted, ReportingException."""
        environment = self.load()
        images = folders(environment.base_dir)
        return environment, cast(environment, self.selection, self.platform, images)

    def load(self) -> Environment:
        """The environment, without secrets and not configured; raises Aborted."""
        from batou.deploy.load import Aborted, configure, load

        nowhere = Staging("docker", {}, {})
        environment = load(
            RunOptions(self.environment, platform=self.platform, debug=self.debug, staging=nowhere)
        )
        errors = self.selection.check(environment)
        if errors:
            raise Aborted("load", [*environment.exceptions, *errors])
        if environment.exceptions:
            configure(environment)  # for further errors; raises
        return environment
