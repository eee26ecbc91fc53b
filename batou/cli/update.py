"""``batou update``."""

from pathlib import Path

import click


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def command(names: tuple[str, ...]) -> None:
    """Take the newest versions into the lock: of the packages named, or of all.

    The launcher is written anew, too.
    """
    from batou.cli.lock import show
    from batou.cli.project import enter_project
    from batou.project import locks

    show(locks.update(Path(enter_project()), names))
