"""``batou runs``."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from batou.cli.completing import complete_environment

if TYPE_CHECKING:
    from batou.records.shelf import Run

TITLES = ("run", "when", "environment", "action", "who", "outcome", "time")


@click.command()
@click.argument("environment", required=False, shell_complete=complete_environment)
def command(environment: str | None) -> None:
    """List recorded runs, of ENVIRONMENT only if it is given.

    \b
    batou runs
    batou runs production
    """
    from batou.cli.project import enter_project
    from batou.records.errors import NoRuns
    from batou.records.shelf import runs

    enter_project()
    table = [row for run in runs() if (row := _row(run)) and environment in (None, row[2])]
    if not table:
        raise NoRuns(environment or "")
    widths = [max(len(row[column]) for row in [TITLES, *table]) for column in range(len(TITLES))]
    for row in [TITLES, *table]:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _row(run: "Run") -> tuple[str, ...]:
    from batou.records.errors import DamagedRecord
    from batou.records.reading import end_of, header_of
    from batou.report.timing import format_duration

    try:
        header, end = header_of(run.path), end_of(run.path)
    except DamagedRecord:
        return (run.name, "?", "?", "?", "?", "damaged", "")
    outcome = "broken off" if end is None else "succeeded" if end.success else "failed"
    took = format_duration(end.seconds) if end else ""
    who = f"{header.user}@{header.controller}"
    return (run.name, _local(header.began), header.environment, header.action, who, outcome, took)


def _local(began: str) -> str:
    """A time as the clock on the wall shows it."""
    try:
        return f"{datetime.fromisoformat(began).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return "?"
