"""``batou migrate``."""

import os

import click


@click.command()
@click.option("--bootstrap", is_flag=True, help="Only record that the project is up to date.")
def command(bootstrap: bool) -> None:
    """Lift the project from the form of an older batou to the present one."""
    from batou import migrate
    from batou.cli.project import find_project

    os.chdir(os.environ.get("APPENV_BASEDIR") or find_project(os.getcwd()) or ".")
    if bootstrap:
        migrate.write_version(migrate.CURRENT_VERSION)
    else:
        migrate.migrate()
