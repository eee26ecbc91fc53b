"""Find the project that a command is about, and go there."""

import json
import os

import click


def enter_project() -> str:
    """Make the project's directory the current one, and return it.

    It is ``APPENV_BASEDIR``, which the launcher sets, or the nearest directory
    above that has environments. Raises click.ClickException if there is none,
    and MigrationNeeded for a project in an older form.
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
    check_migration(base)
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


class MigrationNeeded(click.ClickException):
    """The project is in a form that this batou must not work with."""

    exit_code = 103


def check_migration(base: str) -> None:
    """Raise MigrationNeeded unless ``.batou.json`` is missing or names the current form."""
    path = os.path.join(base, ".batou.json")
    if not os.path.exists(path):
        return
    from batou.migrate import CURRENT_VERSION

    expected = f'expected {{"migration": {{"version": {CURRENT_VERSION}}}}}'
    try:
        with open(path, encoding="utf-8") as file:
            version = json.load(file)["migration"]["version"]
        if not isinstance(version, int):
            raise TypeError
    except (KeyError, TypeError):
        raise click.ClickException(f"'.batou.json' names no version; {expected}") from None
    except (OSError, ValueError) as error:
        from batou.errors.texts import text_of

        reason = f"cannot read '.batou.json': {text_of(error)}"
        raise click.ClickException(f"{reason}; {expected}") from None
    if version != CURRENT_VERSION:
        raise MigrationNeeded(
            f"the project has the form {version}, this batou works with {CURRENT_VERSION}; "
            + ("run './batou migrate'" if version < CURRENT_VERSION else "use a newer batou")
        )
