"""Names for shell completion, found in the files of the project.

No component is imported: a slip in one must not break the completion, and it has
to be quick. Whatever goes wrong means that there is nothing to offer.
"""

import os
import re
from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem


def complete_environment(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Environments of the project."""
    from batou.environment.environment import environment_names

    base = _project()
    return _items(environment_names(base) if base else [], incomplete)


def complete_host(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Hosts of the environment that stands on the command line already."""
    return _items(sorted(_assigned(ctx)), incomplete)


def complete_component(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Components of the host or of the environment on the command line, else of the project."""
    assigned = _assigned(ctx)
    host = ctx.params.get("host")
    if host in assigned:
        names = assigned[host]
    elif assigned:
        names = {name for components in assigned.values() for name in components}
    else:
        names = _defined(_project())
    return _items(sorted(names), incomplete)


def complete_attribute(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """What the class of the component on the command line sets in its body."""
    component = ctx.params.get("component") or ""
    names: list[str] = []
    for text in _component_texts(_project()):
        for name, body in _classes(text):
            if name.lower() == component.lower():
                names += re.findall(r"^(?:    |\t)([a-zA-Z]\w*)\s*(?::[^=\n]+)?=(?!=)", body, re.M)
    return _items(sorted(set(names) - {"namevar"}), incomplete)


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _project() -> str | None:
    from batou.cli.project import find_project

    return os.environ.get("APPENV_BASEDIR") or find_project(os.getcwd())


def _assigned(ctx: click.Context) -> dict[str, set[str]]:
    """The components of each host of the environment on the command line."""
    from batou.environment.environment import environment_file
    from batou.environment.hosts import parse_host_components
    from batou.environment.ini import Config, ConfigSection
    from batou.errors import ReportingException

    base, environment = _project(), _environment(ctx)
    if not base or not environment:
        return {}
    try:
        config = Config(environment_file(base, environment))
    except ReportingException:
        return {}
    short = config.get("hosts") or ConfigSection()
    found = {name: short.as_list(name) for name in short}
    for name, section in config.with_prefix("host"):
        found[name] = section.as_list("components") if "components" in section else []
    return {
        name.lstrip("!"): {component for component in parse_host_components(items) if component}
        for name, items in found.items()
    }


def _environment(ctx: click.Context) -> str | None:
    """The environment on the command line.

    Click does not parse arguments that stand before an option without a value, which
    is what is completed just then; it leaves them in ``args``.
    """
    name: str | None = ctx.params.get("environment")
    return name or next((arg for arg in ctx.args if not arg.startswith("-")), None)


def _defined(base: str | None) -> set[str]:
    """Names of all classes of the project that may be components."""
    return {name.lower() for text in _component_texts(base) for name, _ in _classes(text)}


def _component_texts(base: str | None) -> Iterable[str]:
    from batou.component.definition import find_component_files

    for path in find_component_files(base) if base else ():
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                yield file.read()
        except OSError:
            continue


def _classes(text: str) -> list[tuple[str, str]]:
    """Name and body of each class with a base that stands at the left margin."""
    found = re.findall(r"^class +(\w+)\s*\([^)]*\w[^)]*\)\s*:(.*(?:\n(?:[ \t#].*)?)*)", text, re.M)
    return [(name, body) for name, body in found]
