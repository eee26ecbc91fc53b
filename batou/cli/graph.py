"""``batou graph``."""

import os
from typing import TYPE_CHECKING, Any

import click

from batou.cli.completing import complete_component, complete_environment, complete_host
from batou.cli.running import environment_name

if TYPE_CHECKING:
    from batou.deploy.picture import Picture
    from batou.report.masking import Masker

SUFFIXES = {".svg": "svg", ".dot": "dot", ".gv": "dot"}
"""Formats by the end of the file's name."""


@click.command()
@click.argument("environment", callback=environment_name, shell_complete=complete_environment)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "dot", "svg"]),
    help="By default what the name of FILE says, else text.",
)
@click.option(
    "-o",
    "--output",
    "path",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, resolve_path=True),
    help="Write to FILE instead of stdout.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_host,
    help="Only this host, and what it is connected to; may be repeated.",
)
@click.option(
    "--component",
    "components",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_component,
    help="Only this component, and what it is connected to; may be repeated.",
)
@click.option("--sub", "with_branches", is_flag=True, help="Show sub-components, too.")
@click.option(
    "--secrets",
    "with_secrets",
    is_flag=True,
    help="Decrypt the secrets, for components that cannot be configured without.",
)
@click.option("-p", "--platform", help="Platform of hosts that name none.")
@click.pass_context
def command(
    ctx: click.Context, /, environment: str, output_format: str | None, path: str | None, **kw: Any
) -> None:
    """Draw the components of ENVIRONMENT, their hosts, resources and order; no host is touched.

    \b
    batou graph production
    batou graph production -o production.svg
    batou graph production --format dot --host web1 | dot -Tpdf > web1.pdf
    """
    from batou.cli.failures import report
    from batou.cli.project import enter_project
    from batou.deploy.explain import aside
    from batou.deploy.load import Aborted
    from batou.deploy.picture import FORMATS
    from batou.report.masking import Masker

    enter_project()
    masker, debug = Masker(), bool(ctx.obj and ctx.obj["debug"])
    with aside(masker, debug):
        picture, errors = _picture(environment, masker, **kw)
        if errors:
            report(Aborted("configure", errors), debug)
    if picture is not None:
        _write(FORMATS[output_format or format_of(path)](picture), path)
    ctx.exit(1 if errors else 0)


def format_of(path: str | None) -> str:
    """The format that the name of a file asks for.

    >>> format_of("production.SVG"), format_of(None)
    ('svg', 'text')
    """
    return SUFFIXES.get(os.path.splitext(path or "")[1].lower(), "text")


def _picture(
    name: str,
    masker: "Masker",
    hosts: tuple[str, ...],
    components: tuple[str, ...],
    with_branches: bool,
    with_secrets: bool,
    platform: str | None,
) -> "tuple[Picture | None, list[BaseException]]":
    """The picture, if there is something to draw, and what is wrong with the model."""
    from batou.deploy.explain import configure, load, unread_notes
    from batou.deploy.load import Aborted
    from batou.deploy.picture import picture_of
    from batou.deploy.selection import Selection

    try:
        environment = load(name, masker, with_secrets, platform)
    except Aborted as aborted:
        return None, aborted.errors
    unknown = Selection(hosts=hosts, components=components).check(environment)
    if unknown:
        return None, [*environment.exceptions, *unknown]
    errors = configure(environment)
    for note in unread_notes(environment) if errors and not with_secrets else ():
        click.echo(note, err=True)
    real_hosts = [environment.hostname_mapping.get(host, host) for host in hosts]
    if errors and not any(root._component for root in environment.root_components):
        return None, errors
    return picture_of(environment, with_branches).narrowed(real_hosts, components), errors


def _write(text: str, path: str | None) -> None:
    if path is None or path == "-":
        click.echo(text.encode(), nl=False)
        return
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(f"cannot write {path!r}: {error.strerror}") from None
