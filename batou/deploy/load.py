"""From files to a model: load, decrypt, configure; all errors at once."""

import os
from typing import TYPE_CHECKING

from batou.deploy.options import RunOptions
from batou.deploy.schedule import Task
from batou.environment import Environment
from batou.environment.share import whole
from batou.errors import (
    ComponentLoadingError,
    ConfigurationError,
    Location,
    MissingComponent,
    NonConvergingWorkingSet,
    UnknownComponentConfigurationError,
    UnsatisfiedResources,
    UnusedResources,
    listing,
)
from batou.errors.explaining import explain
from batou.errors.tracebacks import machinery_rows
from batou.report import output, say
from batou.report.events import Failure
from batou.report.masking import Masker
from batou.template import engine

if TYPE_CHECKING:
    from batou.deploy.staging import Staging


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
    if options.staging:
        options.staging.prepare(environment)
    try:
        environment.load()
    except Exception as error:
        raise Aborted("load", [*environment.exceptions, error]) from error
    if options.staging:
        options.staging.settle(environment)
    if not environment.hosts and not environment.exceptions:
        environment.exceptions.append(no_host(environment, []))
    return environment


def no_host(environment: Environment, left_out: list[tuple[Task, str]]) -> ConfigurationError:
    """That nothing is left to deploy to, and why."""
    if not environment.hosts:
        error = ConfigurationError(f"environment {environment.name!r} has no hosts")
        error.location = Location(environment._shown(environment._file))
        error.advice = "add a section [hosts] with lines like: localhost = component"
        return error
    error = ConfigurationError("there is no host to deploy to")
    reasons: dict[str, list[str]] = {}
    for (host, _), reason in left_out:
        reasons.setdefault(reason, []).append(host)
    error.advice = "; ".join(f"{listing(hosts)}: {reason}" for reason, hosts in reasons.items())
    return error


def load_secrets(environment: Environment, staging: "Staging | None" = None) -> None:
    """Decrypt the environment's secrets; raises Aborted with all errors so far if that fails.

    *staging* may have others in their place.
    """
    if staging and staging.secrets:
        environment._merge_secrets(staging.secrets(environment))
        return
    output.step("main", "Loading secrets ...", icon="🔑")
    try:
        environment.load_secrets()
        engine().keep_none_that(Masker(whole(environment).secrets()).finds)
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
    """An error that batou has no words for, with the place in the user's code.

    If no code of the user's took part, it is a fault of batou's own, unless the
    system refused something.
    """
    import traceback

    told, name = explain(error), type(error).__name__
    text = "".join(traceback.format_exception(error)) if debug else ""
    rows, hint, headline = (*told.where, *told.facts), told.advice, told.text
    if told.location is None and not isinstance(error, OSError):
        headline = f"batou failed by a fault of its own: {headline}"
        rows = (*machinery_rows(error.__traceback__), *told.facts)
        hint = "please report it" + ("" if debug else ", with what --debug shows")
    return Failure(headline, rows, hint, name, traceback=text)
