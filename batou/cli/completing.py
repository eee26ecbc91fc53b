"""Names for shell completion, found without importing any component."""

import os

import click
from click.shell_completion import CompletionItem


def complete_environment(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Environments of the project."""
    from batou.cli.project import find_project
    from batou.environment.environment import environment_names

    base = os.environ.get("APPENV_BASEDIR") or find_project(os.getcwd())
    names = environment_names(base) if base else []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def complete_host(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Hosts of the environment that stands on the command line already."""
    return []


def complete_component(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Components of the project."""
    return []
