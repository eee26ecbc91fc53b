"""Find the project that a command is about, and go there."""

import os

import click


def enter_project() -> str:
    """Make the project's directory the current one, and return it.

    It is ``APPENV_BASEDIR``, which the launcher sets, or the nearest directory
    above that has environments. Raises click.ClickException if there is none, and
    batou.migrate.MigrationNeeded for a project in another form.
    """
    base = os.environ.get("APPENV_BASEDIR") or find_project(os.getcwd())
    if base is None:
        raise click.ClickException(
            "there is no batou project here: no directory above has an 'environments' directory; "
            "start one with 'batou init'"
        )
    try:
        os.chdir(base)
    except OSError as error:
        raise click.ClickException(f"cannot go to {base!r}: {error.strerror}") from None
    from batou.migrate import assert_up_to_date

    assert_up_to_date()
    return base


def find_project(start: str) -> str | None:
    """The nearest directory at or above *start* with environments; None if there is none."""
    directory = os.path.abspath(start)
    while not os.path.isdir(os.path.join(directory, "environments")):
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent
    return directory
