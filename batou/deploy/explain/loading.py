"""Make the model on the controller to look at it: no host is touched, nothing else is said."""

import contextlib
import os
import sys
from collections.abc import Iterator

from batou.deploy import load as loading
from batou.deploy.options import RunOptions
from batou.deploy.request import secret_values
from batou.environment import Environment
from batou.goal import Goal
from batou.report import listening
from batou.report.events import Event, Failure
from batou.report.masking import Masker
from batou.report.printing import Printer


class Aside:
    """Prints failures to stderr, masked; with *debug* everything else, too."""

    def __init__(self, masker: Masker, debug: bool = False) -> None:
        self._masker = masker
        self._debug = debug
        self._printer = Printer(sys.stderr)

    def receive(self, event: Event) -> None:
        """Print *event*, or drop it."""
        if self._debug or isinstance(event, Failure):
            self._printer.receive(self._masker.event(event))


@contextlib.contextmanager
def aside(masker: Masker, debug: bool = False) -> Iterator[None]:
    """Inside the block nothing but the command itself writes to stdout."""
    own = sys.stdout
    with listening(Aside(masker, debug)), contextlib.redirect_stdout(sys.stderr):
        try:
            yield
        finally:
            own.flush()


def load(
    name: str, masker: Masker, with_secrets: bool = False, platform: str | None = None
) -> Environment:
    """Read environment *name*; *masker* learns its secrets, if they are wanted.

    What is wrong is in the environment's ``exceptions``, also when secrets cannot
    be decrypted. Raises Aborted if there is no such environment.
    """
    environment = loading.load(RunOptions(name, goal=Goal.CHECK, platform=platform))
    if with_secrets:
        try:
            loading.load_secrets(environment)
        except loading.Aborted as aborted:
            environment.exceptions = aborted.errors
        masker.add(secret_values(environment))
    return environment


def configure(environment: Environment) -> list[BaseException]:
    """Make the model; returns all that is wrong, of loading, too."""
    try:
        loading.configure(environment)
    except loading.Aborted as aborted:
        return aborted.errors
    return []


def secrets_files(environment: Environment) -> list[str]:
    """The files with the environment's secrets, for people."""
    try:
        names = sorted(os.listdir(environment._directory))
    except OSError:
        return []
    return [
        environment._shown(os.path.join(environment._directory, name))
        for name in names
        if name.startswith("secrets.cfg.")
    ]


def unread_notes(environment: Environment) -> list[str]:
    """What to tell people who did not ask for secrets that exist."""
    return [
        f"{path} was not read; with --secrets the values that it overrides count, too"
        for path in secrets_files(environment)
    ]
