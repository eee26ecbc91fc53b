"""``batou test``."""

from pathlib import Path
from typing import Any

import click

from batou.cli.completing import complete_environment, complete_host
from batou.cli.running import environment_name


@click.command()
@click.argument("environment", callback=environment_name, shell_complete=complete_environment)
@click.option(
    "-p",
    "--platform",
    metavar="NAME",
    help="Only hosts of this platform; those that name none are of it.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_host,
    help="Only this host; may be repeated.",
)
@click.option("--keep", is_flag=True, help="Leave the containers, to look into them.")
@click.option("--network", is_flag=True, help="Let the containers reach the outside.")
@click.option("--init", is_flag=True, help="Start the platform's init system, for its services.")
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what came of it as JUnit XML.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Lines for people, or one event a line as JSON.",
)
@click.option("--fake-secrets", is_flag=True, help="Make secrets up instead of decrypting them.")
@click.option(
    "--upgrade-from", metavar="REVISION", help="Deploy this revision first, then what is here."
)
@click.option(
    "--shell",
    "shell_host",
    metavar="HOST",
    shell_complete=complete_host,
    help="Only open a shell on a host that --keep has left.",
)
@click.pass_context
def command(ctx: click.Context, /, **kw: Any) -> None:
    """Deploy ENVIRONMENT into containers, twice, and run the project's tests there.

    The hosts of the environment are not touched.

    \b
    batou test production
    batou test production --fake-secrets --junit report.xml
    """
    from batou.cli.project import enter_project
    from batou.cli.reporters import reporting
    from batou.report import output
    from batou.report.masking import Masker
    from batou.testing.trial.keeping import open_shell
    from batou.testing.trial.trial import try_environment
    from batou.testing.trial.wish import Wish
    from batou.version import self_id

    junit = kw["junit"].absolute() if kw["junit"] else None
    enter_project()
    if kw["shell_host"]:
        ctx.exit(open_shell(kw["environment"], kw["shell_host"]))
    wish = Wish(
        environment=kw["environment"],
        platform=kw["platform"],
        hosts=kw["hosts"],
        keeps=kw["keep"],
        has_network=kw["network"],
        has_init=kw["init"],
        junit=junit,
        has_fake_secrets=kw["fake_secrets"],
        upgrade_from=kw["upgrade_from"],
        debug=ctx.obj["debug"],
    )
    masker = Masker()
    with reporting(kw["output_format"], masker):
        output.line(self_id())
        code = try_environment(wish, masker)
    ctx.exit(code)
