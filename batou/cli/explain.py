"""``batou explain``."""

import json
from typing import TYPE_CHECKING, Any

import click

from batou.cli.completing import (
    complete_attribute,
    complete_component,
    complete_environment,
    complete_host,
)
from batou.cli.running import environment_name

if TYPE_CHECKING:
    from batou.deploy.explain import Explanation


@click.command()
@click.argument("environment", callback=environment_name, shell_complete=complete_environment)
@click.argument("host", shell_complete=complete_host)
@click.argument("component", shell_complete=complete_component)
@click.argument("attribute", required=False, shell_complete=complete_attribute)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Lines for people, or JSON.",
)
@click.option(
    "--secrets",
    "with_secrets",
    is_flag=True,
    help="Decrypt the secrets, so that what they override counts; they are not shown.",
)
@click.option("-p", "--platform", help="Platform of hosts that name none.")
@click.pass_context
def command(
    ctx: click.Context,
    environment: str,
    host: str,
    component: str,
    attribute: str | None,
    output_format: str,
    with_secrets: bool,
    platform: str | None,
) -> None:
    """Tell the values of COMPONENT on HOST, and from which file and line each one came.

    The model of ENVIRONMENT is made on this machine; no host is touched.

    \b
    batou explain production web1 app
    batou explain production web1 app port
    """
    from batou.cli.failures import report
    from batou.cli.project import enter_project
    from batou.deploy.explain import aside, explain, load
    from batou.deploy.load import Aborted
    from batou.report.masking import Masker

    enter_project()
    masker, debug = Masker(), bool(ctx.obj and ctx.obj["debug"])
    explanation: Explanation | None = None
    with aside(masker, debug):
        try:
            loaded = load(environment, masker, with_secrets, platform)
            explanation, errors = explain(
                loaded, host, component, attribute, masker, with_secrets=with_secrets
            )
        except Aborted as aborted:
            errors = aborted.errors
        if errors:
            report(Aborted("configure", errors), debug)
    _print(explanation, errors, masker, output_format)
    ctx.exit(1 if errors else 0)


def _print(
    explanation: "Explanation | None",
    errors: list[BaseException],
    masker: Any,
    output_format: str,
) -> None:
    from batou.deploy.explain import as_text
    from batou.errors.merge import merged

    if output_format == "json":
        failures = [masker.event(failure).to_wire() for failure in merged(errors)]
        found = explanation.to_json() if explanation else {}
        text = json.dumps({**found, "errors": failures}, indent=2, ensure_ascii=False) + "\n"
    else:
        text = as_text(explanation) if explanation else ""
    click.echo(text.encode("utf-8", "replace"), nl=False)
