"""``batou check``."""

from typing import Any

import click

from batou.cli.running import run, run_options


@click.command()
@run_options
@click.pass_context
def command(ctx: click.Context, /, **kw: Any) -> None:
    """Check that the model of ENVIRONMENT is consistent; no host is touched.

    \b
    batou check production
    """
    run(ctx, "check", is_local=True, **kw)
