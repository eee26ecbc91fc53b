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
from batou.bundle.once import Once
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

    `project` is made when it is first asked for, which checks the repository.
    """

    def __init__(
        self, environment: Environment, is_dirty_allowed: bool = False, cache: Cache | None = None
    ) -> None:
        self.environment = environment
        self.is_dirty_allowed = is_dirty_allowed
        self.cache = cache or Cache(os.path.join(environment.base_dir, ".batou", "cache"))
        self._project: Once[tuple[Source, Part]] = Once()
        self._bundles: defaultdict[tuple[Interpreter, str], Once[Bundle]] = defaultdict(Once)
        self._extended: defaultdict[tuple[int, tuple[str, ...]], Once[Bundle]] = defaultdict(Once)
        self._guard = threading.Lock()

    @property
    def project(self) -> tuple[Source, Part]:
        """Where the project is taken from, and its files.

        Raises DeploymentError if a check of the repository fails.
        """
        return self._project.get(self._open)

    def _open(self) -> tuple[Source, Part]:
        source = open_source(self.environment, self.is_dirty_allowed, self.cache)
        return source, self._part(source)

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
        with self._guard:
            bundle = self._bundles[(interpreter, platform)]
        return bundle.get(lambda: self._build(interpreter, platform))

    def _build(self, interpreter: Interpreter, platform: str) -> Bundle:
        source, project = self.project
        made = self.runtime(source, interpreter, platform)
        parts = (project, *made.parts)
        return Bundle(parts, (made.prefix,), source.base, source.revision).prepared()

    def extended(self, bundle: Bundle, part: Part) -> Bundle:
        """*bundle*, which was built here, with *part*; hosts that get the same share it."""
        key = (id(bundle), tuple(entry.path for entry in part.entries))
        with self._guard:
            extended = self._extended[key]
        return extended.get(lambda: bundle.plus(part).prepared())

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
