"""``batou lock``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from batou.project.locks import VersionChange


@click.command()
@click.option("--upgrade", is_flag=True, help="Take the newest versions.")
@click.option("--check", is_flag=True, help="Change nothing; fail if the lock is out of date.")
def command(upgrade: bool, check: bool) -> None:
    """Make requirements.lock from requirements.txt, with pip-compile.

    `./batou` does it on its own whenever requirements.txt changed.
    """
    from batou.cli.project import enter_project
    from batou.project import locks

    project = Path(enter_project())
    if check:
        if not locks.is_locked(project):
            raise click.ClickException(
                "requirements.lock was not made from this requirements.txt; run './batou lock'"
            )
        return
    changes = locks.lock(project, *(["--upgrade"] if upgrade else []))
    show(changes)


def show(changes: list["VersionChange"]) -> None:
    """One line for each package that is different now."""
    for change in changes:
        click.echo(f"  {change}")
    if not changes:
        click.echo("requirements.lock has the same versions as before")
