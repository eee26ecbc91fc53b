"""`Deployed`: what tests of a deployment are given."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from batou.deploy.selection import Selection
from batou.goal import Goal
from batou.report import listening
from batou.report.events import Event
from batou.report.masking import Masker
from batou.report.printing import Printer
from batou.testing.trial.deployment import Change, deploy
from batou.testing.trial.stage import Stage, StagedHost

GOALS = {"plan": Goal.PREDICT, "deploy": Goal.DEPLOY}


@dataclass(frozen=True)
class Ran:
    """What came out of a run: exit code, what changed or would change, errors' headlines."""

    code: int
    changes: tuple[Change, ...] = ()
    errors: tuple[str, ...] = ()


class HostFacts:
    """What batou knows of a host; tests have it as ``host.batou``."""

    def __init__(self, stage: Stage, base: str, staged: StagedHost, host: Any) -> None:
        self.name = staged.name
        self.platform = staged.platform
        self.container = staged.container
        self.address = staged.address
        self.user = staged.user
        self._target = os.path.normpath(Path(stage.target, base))
        self._host = host

    @cached_property
    def target(self) -> str:
        """The directory that the project was deployed to."""
        if not self._target.startswith("~"):
            return self._target
        path: str = self._host.check_output(f"echo ~{self.user or 'root'}{self._target[1:]}")
        return path

    def workdir(self, component: str) -> str:
        """Where a root component works."""
        return f"{self.target}/work/{component}"


@dataclass
class Deployed:
    """An environment that was deployed into containers.

    *project* is its directory; `hosts` are testinfra's, by name.
    """

    stage: Stage
    project: Path
    masker: Masker = field(default_factory=Masker)

    @property
    def environment(self) -> str:
        """The name of the environment."""
        return self.stage.environment

    @cached_property
    def hosts(self) -> dict[str, Any]:
        """A testinfra host for each host; what batou knows of it is its attribute ``batou``."""
        return {staged.name: self._host(staged) for staged in self.stage.hosts}

    def _host(self, staged: StagedHost) -> Any:
        import testinfra

        host = testinfra.get_host(f"{self.stage.method}://{staged.container}")
        root = os.path.join(self.project, self.stage.repository_root)
        base = os.path.relpath(self.project, root)
        host.batou = HostFacts(self.stage, base, staged, host)
        return host

    def run(
        self, what: str = "plan", hosts: Sequence[str] = (), components: Sequence[str] = ()
    ) -> Ran:
        """``plan`` or ``deploy`` again, on all hosts or some, all components or some.

        Raises KeyError for another word than these.
        """
        everywhere = tuple(host.name for host in self.stage.hosts)
        selection = Selection(tuple(hosts) or everywhere, (), tuple(components))
        with in_directory(self.project):
            done = deploy(self.stage.options(GOALS[what], selection), self.masker)
        return Ran(done.code, done.changes, tuple(failure.headline for failure in done.failures))


class Printing:
    """Prints events for whom pytest shows what a test printed."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._printer = Printer()

    def receive(self, event: Event) -> None:
        """Print *event*, with known secrets masked."""
        self._printer.receive(self._masker.event(event))


@contextmanager
def in_directory(path: Path) -> Iterator[None]:
    """Be in a directory inside the block."""
    before = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def printing(masker: Masker) -> Iterator[None]:
    """Inside the block, what is said is printed."""
    with listening(Printing(masker)):
        yield
