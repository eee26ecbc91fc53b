"""What the commands that run an environment share: options, reporter, lock."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

LOCK = ".batou-lock"
"""The file that keeps other runs out of the project."""


def environment_name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """The name of an environment; 2.x accepts it with ``.cfg``, too."""
    return value.replace(".cfg", "")


def run_options(function: Function) -> Function:
    """Add the options of every run to a command."""
    from batou.cli.completing import complete_component, complete_environment, complete_host

    for decorate in reversed(
        [
            click.argument(
                "environment", callback=environment_name, shell_complete=complete_environment
            ),
            click.option(
                "--host",
                "hosts",
                multiple=True,
                metavar="NAME",
                shell_complete=complete_host,
                help="Only this host; may be repeated.",
            ),
            click.option(
                "--skip-host",
                "skip_hosts",
                multiple=True,
                metavar="NAME",
                shell_complete=complete_host,
                help="Not this host; may be repeated.",
            ),
            click.option(
                "--component",
                "components",
                multiple=True,
                metavar="NAME",
                shell_complete=complete_component,
                help="Only this component; may be repeated.",
            ),
            click.option(
                "-p",
                "--platform",
                help="Platform of hosts that name none; '' means no platform.",
            ),
            click.option(
                "-t",
                "--timeout",
                type=click.IntRange(min=1),
                help="Seconds, for components that ask for environment.timeout.",
            ),
            click.option(
                "--format",
                "output_format",
                type=click.Choice(["text", "json"]),
                default="text",
                help="Lines for people, or one event a line as JSON.",
            ),
        ]
    ):
        function = decorate(function)
    return function


def deploy_options(function: Function) -> Function:
    """Add the options of runs that reach hosts."""
    for decorate in reversed(
        [
            click.option(
                "-j",
                "--jobs",
                type=click.IntRange(min=1),
                help="Hosts that are deployed at once.",
            ),
            click.option(
                "-D", "--dirty", is_flag=True, help="Also with uncommitted or unpushed changes."
            ),
            click.option(
                "--skip-unreachable",
                is_flag=True,
                help="Go on without hosts that cannot be reached; the exit code is 1 then.",
            ),
            click.option(
                "--wait-for-lock",
                type=click.FloatRange(min=0),
                default=0,
                metavar="SECONDS",
                help="Wait for another run on the project or a host, instead of stopping.",
            ),
            click.option(
                "--provision-rebuild", is_flag=True, help="Rebuild provisioned hosts from scratch."
            ),
        ]
    ):
        function = decorate(function)
    return function


def run(
    ctx: click.Context,
    goal: str,
    *,
    is_local: bool = False,
    changes_exit_code: bool = False,
    **kw: Any,
) -> None:
    """Do the run that a command asks for, and end with its exit code."""
    from batou.cli.project import enter_project
    from batou.cli.reporters import reporting
    from batou.deploy.connect import Connector
    from batou.deploy.options import RunOptions
    from batou.deploy.run import Run
    from batou.deploy.selection import Selection
    from batou.goal import Goal
    from batou.records.recorder import Recorder
    from batou.report import output
    from batou.report.masking import Masker
    from batou.version import self_id

    enter_project()
    options = RunOptions(
        environment=kw["environment"],
        goal=Goal(goal),
        is_local=is_local,
        platform=kw.get("platform"),
        timeout=kw.get("timeout"),
        jobs=kw.get("jobs"),
        is_dirty_allowed=kw.get("dirty", False),
        provision_rebuild=kw.get("provision_rebuild", False),
        debug=ctx.obj["debug"],
        changes_exit_code=changes_exit_code,
        skips_unreachable=kw.get("skip_unreachable", False),
        lock_patience=kw.get("wait_for_lock", 0.0),
        selection=Selection(kw["hosts"], kw["skip_hosts"], kw["components"]),
    )
    masker = Masker()
    recorder = Recorder(options.environment, options.goal.value, output.warn)
    with reporting(kw["output_format"], masker, recorder):
        output.line(self_id())
        code = _locked(Run(options, Connector(options), masker), options, recorder)
    ctx.exit(code)


def _locked(run: Any, options: Any, recorder: Any) -> int:
    """Execute *run*; one that reaches hosts keeps others out of this project, and is recorded."""
    if options.stays_here:
        return int(run.execute())
    from batou.process import locked

    with ExitStack() as stack:
        try:
            stack.enter_context(locked(LOCK, exit_on_failure=True, patience=options.lock_patience))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise click.ClickException(
                f"cannot lock the project with the file {LOCK!r}: {reason}"
            ) from None
        stack.enter_context(recorder)
        return int(run.execute())
