"""``batou deploy``."""

from typing import Any

import click

from batou.cli.running import deploy_options, run, run_options


@click.command()
@run_options
@deploy_options
@click.option("-c", "--consistency-only", is_flag=True, help="Only make the model; deploy nothing.")
@click.option("-P", "--predict-only", is_flag=True, help="Only tell what would change.")
@click.option(
    "-L",
    "--local",
    "is_local",
    is_flag=True,
    help="With -c or -P: on this machine, instead of the hosts.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    consistency_only: bool,
    predict_only: bool,
    is_local: bool,
    **kw: Any,
) -> None:
    """Deploy ENVIRONMENT: make its hosts as its components say.

    \b
    batou deploy production
    batou deploy production --host web1 --component app
    """
    if consistency_only and predict_only:
        raise click.UsageError("choose either --consistency-only or --predict-only")
    if is_local and not (consistency_only or predict_only):
        raise click.UsageError(
            "--local goes with --consistency-only or --predict-only; "
            "to deploy to this machine, set connect_method = local in the environment"
        )
    goal = "check" if consistency_only else "predict" if predict_only else "deploy"
    run(ctx, goal, is_local=is_local, **kw)
