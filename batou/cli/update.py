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

    project = Path(enter_project())
    changes = locks.update(project, names)
    show(changes)
    if any(change.name == "batou" and change.before and change.after for change in changes):
        take_launcher_of_new_batou(project)


def take_launcher_of_new_batou(project: Path) -> None:
    """Let the batou that is locked now write its own launcher."""
    import subprocess

    from batou.project.scaffold import launcher_file

    if launcher_file(project).exists():
        subprocess.run([project / "batou", "init", "--force", project], check=True)
