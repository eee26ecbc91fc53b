"""The one place where exceptions become text and exit codes.

0: all is as wished, 1: something failed, 2: wrong usage, 3: changes are pending
(only if asked for), 103: the project must be migrated.
"""

import sys

import click


def exit_code_of(error: BaseException, debug: bool) -> int:
    """Print *error* and return the exit code that it means."""
    if isinstance(error, SystemExit):
        return _code_of_exit(error)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        print("\nERROR: interrupted", file=sys.stderr)
        return 1
    if isinstance(error, BrokenPipeError):
        return _silence_stdout()
    report(error, debug)
    return int(getattr(error, "exit_code", 1))


def _code_of_exit(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    print(error.code, file=sys.stderr)
    return 1


def _silence_stdout() -> int:
    """Whoever read our output has gone: end without a message, as other programs do."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def report(error: BaseException, debug: bool = False) -> None:
    """Say *error*, or all that it collects, as failures."""
    from batou.deploy.load import Aborted, unexpected
    from batou.errors import ReportingException
    from batou.errors.merge import merged
    from batou.report import say

    errors = error.errors if isinstance(error, Aborted) else [error]
    for failure in merged(errors, debug):
        say(failure)
    for other in errors:
        if not isinstance(other, ReportingException):
            say(unexpected(other, debug))
