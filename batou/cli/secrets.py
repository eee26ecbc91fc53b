"""``batou secrets``: read and edit secrets."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import click

from batou.cli.completing import complete_environment
from batou.cli.running import environment_name

if TYPE_CHECKING:
    from batou.secrets.finding import Checked
    from batou.secrets.manage import Collected
    from batou.secrets.provider import SecretProvider

Function = TypeVar("Function", bound=Callable[..., Any])


def environments_option(function: Function) -> Function:
    """Add ``--environments``."""
    return click.option(
        "--environments",
        metavar="A,B",
        default="",
        help="Only these environments, separated by commas; by default all.",
    )(function)


def format_option(function: Function) -> Function:
    """Add ``--format``."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(["text", "json"]),
        default="text",
        help="Lines for people, or JSON.",
    )(function)


@click.group()
def command() -> None:
    """Read and edit secrets, and decide who may.

    \b
    batou secrets edit production
    batou secrets edit production app.yaml
    batou secrets add age1… --environments production
    """


@command.command("edit")
@click.argument("environment", callback=environment_name, shell_complete=complete_environment)
@click.argument("edit_file", required=False)
@click.option("-e", "--editor", metavar="COMMAND", help="Default: $EDITOR, else vi.")
def edit_command(environment: str, edit_file: str | None, editor: str | None) -> None:
    """Edit the secrets of ENVIRONMENT, or its secret file EDIT_FILE.

    The clear text is kept in memory where the system allows it, and wiped afterwards.
    """
    from batou.secrets.edit import Quit, edit

    found = {provider.name: provider for provider in providers(environment)}
    if environment not in found:
        raise click.UsageError(f"{environment!r} is not the name of one environment")
    try:
        edit(found[environment], edit_file, editor)
    except Quit as error:
        raise click.ClickException(str(error)) from None


@command.command("summary")
@environments_option
def summary_command(environments: str) -> None:
    """Tell who may read the secrets, and which secret files there are."""
    from batou.report import output
    from batou.secrets.summary import summarize

    summaries = [summarize(provider) for provider in providers(environments)]
    for summary in summaries:
        for line in summary.lines():
            output.line(line)
        if summary.error:
            summary.error.report()
    _end(any(summary.error for summary in summaries))


@command.command("add")
@click.argument("keyid")
@environments_option
def add_command(keyid: str, environments: str) -> None:
    """Let KEYID read the secrets.

    With age it is an SSH public key, an age recipient, an https URL or file:PATH of a
    list of keys; with GPG whatever gpg finds a key by.
    """
    from batou.secrets.manage import add_member

    with collecting():
        _tell(add_member(providers(environments), keyid.strip()))


@command.command("remove")
@click.argument("keyid")
@environments_option
def remove_command(keyid: str, environments: str) -> None:
    """Encrypt the secrets for everybody but KEYID."""
    from batou.secrets.manage import remove_member

    with collecting():
        _tell(remove_member(providers(environments), keyid.strip()))


@command.command("reencrypt")
@environments_option
@click.option("-f", "--force", is_flag=True, help="Even where no recipient changed.")
def reencrypt_command(environments: str, force: bool) -> None:
    """Look up the recipients again, and encrypt for them if they changed."""
    from batou.secrets.manage import reencrypt

    with collecting():
        _tell(reencrypt(providers(environments), force))


@command.command("decrypttostdout")
@click.argument("file")
def decrypt_command(file: str) -> None:
    """Print FILE decrypted, as a textconv of git wants it."""
    from batou.report import listening
    from batou.report.printing import Printer
    from batou.secrets.summary import clear_text, located

    with listening(Printer(sys.stderr)):
        content = clear_text(located(file))
    sys.stdout.buffer.write(content or b"(empty)\n")
    sys.stdout.buffer.flush()


@command.command("who")
@environments_option
@click.option("--host", metavar="NAME", help="Only this host.")
@format_option
def who_command(environments: str, host: str | None, output_format: str) -> None:
    """Tell which person and which host can read what; names only, no values."""
    from batou.secrets.who import who

    with messages_aside(output_format):
        tables = [who(provider, host) for provider in providers(environments)]
    _print([table.to_json() for table in tables], _lines(tables), output_format)
    _end(any(table.problem for table in tables))


@command.command("check")
@environments_option
@format_option
def check_command(environments: str, output_format: str) -> None:
    """Open all secrets; find missing, duplicate and unused ones. For CI: 1 if it finds any."""
    from batou.secrets.check import check

    with messages_aside(output_format):
        checked = [check(provider) for provider in providers(environments)]
    _print([result.to_json() for result in checked], _lines(checked), output_format)
    _end(any(result.findings for result in checked))


def providers(environments: str) -> "list[SecretProvider]":
    """Providers of the environments named, or of all; they share a keyring.

    Raises SecretsError that names all environments that do not exist.
    """
    from pathlib import Path

    from batou.cli.project import enter_project
    from batou.environment import Environment, UnknownEnvironmentError
    from batou.environment.environment import environment_names
    from batou.errors import listing
    from batou.secrets.choosing import any_provider
    from batou.secrets.errors import SecretsError
    from batou.secrets.keyring import Keyring

    project = Path(enter_project())
    try:
        names = [environment.name for environment in Environment.filter(environments)]
    except UnknownEnvironmentError as error:
        known = listing(environment_names(str(project)))
        raise SecretsError(str(error), advice=f"environments here: {known}") from None
    keyring = Keyring.of_user()
    return [any_provider(project, name, keyring) for name in names]


@contextmanager
def collecting() -> Iterator[None]:
    """Report what failed, environment by environment, and end with 1."""
    from batou.secrets.manage import Collected

    try:
        yield
    except Collected as error:
        _report(error)
        _end(True)


def _report(collected: "Collected") -> None:
    from batou.report import output

    for _, error in collected.errors:
        error.report()
    names = ", ".join(name for name, _ in collected.errors)
    output.error(f"nothing was written because of {names}; name the others with --environments")


def _tell(written: list[str]) -> None:
    from batou.report import output

    output.line(f"encrypted again: {', '.join(written)}" if written else "nothing was changed")


def messages_aside(output_format: str) -> Any:
    """With JSON on stdout, what else is said goes to stderr."""
    from batou.report import listening
    from batou.report.printing import Printer

    return listening(Printer(sys.stderr)) if output_format == "json" else nullcontext()


def _lines(results: "Iterable[Any | Checked]") -> Iterator[str]:
    return (line for result in results for line in result.lines())


def _print(values: list[Any], lines: Iterable[str], output_format: str) -> None:
    from batou.report import output

    if output_format == "json":
        import json

        click.echo(json.dumps({"environments": values}, indent=2, ensure_ascii=False))
        return
    for line in lines:
        output.line(line)


def _end(failed: bool) -> None:
    if failed:
        raise SystemExit(1)
