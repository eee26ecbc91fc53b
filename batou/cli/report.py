"""``batou report``."""

import click


@click.command()
@click.argument("run", required=False)
@click.option(
    "-o",
    "--output",
    "path",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, resolve_path=True),
    help="Write to FILE instead of a file beside the record; - is stdout.",
)
def command(run: str | None, path: str | None) -> None:
    """Turn the record of RUN into one HTML file that needs no network.

    RUN is a number, the beginning of a name, as `batou runs` lists them, or the name
    of an environment, which means its last run. Without it, it is the last run.

    \b
    batou report
    batou report production -o report.html
    """
    from batou.cli.project import enter_project
    from batou.records.page import page, write
    from batou.records.reading import events_of, header_of
    from batou.records.shelf import find, page_path
    from batou.records.story import Story

    enter_project()
    found = find(run)
    text = page(Story.of(header_of(found.path), events_of(found.path)), found.name)
    if path == "-":
        click.echo(text, nl=False)
        return
    target, mode = (path, 0o666) if path else (page_path(found), 0o600)
    try:
        write(target, text, mode)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise click.ClickException(f"cannot write {target!r}: {reason}") from None
    click.echo(target)
