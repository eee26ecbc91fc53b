"""``batou plan``."""

from typing import Any

import click

from batou.cli.running import deploy_options, run, run_options


@click.command()
@run_options
@deploy_options
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 3 if something would change, with 0 if nothing would.",
)
@click.pass_context
def command(ctx: click.Context, /, detailed_exitcode: bool, **kw: Any) -> None:
    """Tell what deploying ENVIRONMENT would change, and change nothing.

    \b
    batou plan production
    """
    run(ctx, "predict", changes_exit_code=detailed_exitcode, **kw)
