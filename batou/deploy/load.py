"""From files to a model: load, decrypt, configure; all errors at once."""

import os

from batou.deploy.options import RunOptions
from batou.environment import Environment
from batou.errors import (
    ComponentLoadingError,
    ConfigurationError,
    MissingComponent,
    NonConvergingWorkingSet,
    UnknownComponentConfigurationError,
    UnsatisfiedResources,
    UnusedResources,
)
from batou.errors.tracebacks import frame_rows, prepare_error, user_frames
from batou.report import output, say
from batou.report.events import Failure
from batou.template import engine


class Aborted(Exception):
    """A run cannot go on; *errors* say why, *phase* is where it was."""

    def __init__(self, phase: str, errors: list[BaseException]) -> None:
        super().__init__(phase)
        self.phase = phase
        self.errors = errors


def load(options: RunOptions) -> Environment:
    """Read the environment and its secrets; errors are in its ``exceptions``.

    Raises Aborted if there is no such environment or it cannot be parsed.
    """
    output.step("main", f"Loading environment {options.environment!r} ...", icon="📦")
    engine().keep_compiled_in(os.path.abspath(os.path.join(".batou", "templates")))
    environment = Environment(
        options.environment,
        timeout=options.timeout,
        platform=options.platform,
        provision_rebuild=options.provision_rebuild,
        check_and_predict_local=options.is_local,
    )
    environment._writes = False
    environment._keeps_host_map = options.goal.reaches_hosts
    try:
        environment.load()
    except Exception as error:
        raise Aborted("load", [error]) from error
    return environment


def load_secrets(environment: Environment) -> None:
    """Decrypt the environment's secrets; raises Aborted with all errors so far if that fails."""
    output.step("main", "Loading secrets ...", icon="🔑")
    try:
        environment.load_secrets()
    except Exception as error:
        raise Aborted("load", [*environment.exceptions, error]) from error


def configure(environment: Environment, phase: str = "load") -> None:
    """Make the model, say its warnings; raises Aborted with all errors of loading and configuring.

    When components are missing, what follows from that is not reported.
    """
    before = list(environment.exceptions)
    environment.exceptions = []
    found = environment.configure()
    warn(environment)
    incomplete = any(isinstance(e, (ComponentLoadingError, MissingComponent)) for e in before)
    errors = before + [error for error in found if not (before and _follows(error, incomplete))]
    environment.exceptions = errors
    if errors:
        raise Aborted("load" if before else phase, errors)


def _follows(error: BaseException, incomplete: bool) -> bool:
    """Whether *error* may only be there because of those found before."""
    if isinstance(error, (UnsatisfiedResources, UnusedResources, NonConvergingWorkingSet)):
        return True
    return incomplete and isinstance(error, UnknownComponentConfigurationError)


def warn(environment: Environment) -> None:
    """Say what is strange about the environment, each thing once."""
    from dataclasses import replace

    from batou.errors.merge import merged

    warnings: list[ConfigurationError] = environment._warnings
    for failure in merged(warnings):
        say(replace(failure, level="warning"))
    environment._warnings = []


def unexpected(error: BaseException, debug: bool) -> Failure:
    """An error that batou has no words for, with the place in the user's code."""
    import traceback

    rows = frame_rows(user_frames(error.__traceback__))
    hint = "" if debug else "run it with --debug for the whole traceback"
    text = "".join(traceback.format_exception(error)) if debug else ""
    return Failure(prepare_error(error), tuple(rows), hint, type(error).__name__, traceback=text)
