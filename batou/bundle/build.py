"""`Builder`: the bundles of a run, one for each kind of host."""

import os
import threading
from collections import defaultdict
from collections.abc import Collection

from batou.bundle.bundle import Bundle, Part
from batou.bundle.cache import Cache
from batou.bundle.finding import Finder
from batou.bundle.interpreter import Interpreter
from batou.bundle.lock import Requirements
from batou.bundle.runtime import Runtime, runtime
from batou.bundle.source import Source
from batou.bundle.sources import open_source
from batou.bundle.tree import entries_of, objection
from batou.bundle.wheels import Wheels
from batou.environment import Environment
from batou.report import output

SHOWN = 5
"""Files that a warning names."""


class Builder:
    """Makes bundles of the project for an environment. Threads may share it.

    `source` and `project` are made when they are first asked for; making them
    checks the repository.
    """

    def __init__(
        self, environment: Environment, is_dirty_allowed: bool = False, cache: Cache | None = None
    ) -> None:
        self.environment = environment
        self.is_dirty_allowed = is_dirty_allowed
        self.cache = cache or Cache(os.path.join(environment.base_dir, ".batou", "cache"))
        self._project: tuple[Source, Part] | None = None
        self._bundles: dict[tuple[Interpreter, str], Bundle] = {}
        self._project_guard = threading.Lock()
        self._guards: defaultdict[tuple[Interpreter, str], threading.Lock]
        self._guards = defaultdict(threading.Lock)

    @property
    def project(self) -> tuple[Source, Part]:
        """Where the project is taken from, and its files.

        Raises DeploymentError if a check of the repository fails.
        """
        with self._project_guard:
            if self._project is None:
                source = open_source(self.environment, self.is_dirty_allowed, self.cache)
                self._project = source, self._part(source)
            return self._project

    def _part(self, source: Source) -> Part:
        """The files of the project; what hosts would refuse is left out, with a warning."""
        entries, objections = [], []
        for entry in entries_of(source.directory, source.files, self.cache.digests):
            refused = objection(entry)
            if refused:
                objections.append(refused)
            else:
                entries.append(entry)
        if objections:
            more = f" and {len(objections) - SHOWN} more" if len(objections) > SHOWN else ""
            output.warn(f"not shipped: {', '.join(objections[:SHOWN])}{more}")
        return Part(source.directory, tuple(entries))

    def build(self, interpreter: Interpreter, platform: str = "") -> Bundle:
        """The bundle for hosts with that kind of Python, and of that platform.

        Raises DeploymentError if the repository is not as it has to be, or a package
        cannot be had for that kind.
        """
        key = (interpreter, platform)
        source, project = self.project
        with self._project_guard:
            guard = self._guards[key]
        with guard:
            if key not in self._bundles:
                made = self.runtime(source, interpreter, platform)
                self._bundles[key] = Bundle(
                    (project, *made.parts), (made.prefix,), source.base, source.revision
                )
            return self._bundles[key]

    def runtime(self, source: Source, interpreter: Interpreter, platform: str = "") -> Runtime:
        """What goes onto ``sys.path`` of such hosts."""
        here = self.environment.base_dir
        requirements = Requirements.read(here, platform)
        wheels = Wheels(self.cache, here, requirements.lock.options)
        finder = Finder(interpreter, requirements.lock, wheels, (source.deployment, here))
        return runtime(finder, requirements.wanted, self.cache.digests)

    def finish(self, environments: Collection[str] = ()) -> None:
        """Remember for the next run what this one has found; forget what nobody uses any more.

        *environments* are the names of all environments of the project.
        """
        self.cache.remember(self.environment.name)
        if environments:
            self.cache.collect_garbage(environments)
