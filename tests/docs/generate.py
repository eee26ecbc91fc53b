"""Write the parts of docs/reference/ that follow from the code: ``python tests/docs/generate.py``.

- help of the commands, between ``<!-- help: COMMAND -->`` and ``<!-- end -->``
- names and defaults of a component's parameters, between ``<!-- parameters: MODULE:CLASS -->``
  and ``<!-- end -->``. What they mean is written by people and kept; a new one has no meaning
  yet, and tests/docs/test_reference.py fails until somebody writes it.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from batou.cli import cli
from batou.component import NO_DEFAULT, Attribute, Component
from batou.lib.file.content import LAZY_CONTENT

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "reference"
PART = re.compile(
    r"^<!-- (?P<kind>help|parameters): (?P<what>[^\n]*?) -->\n(?P<text>.*?)^<!-- end -->$",
    re.M | re.S,
)


def commands() -> Iterator[tuple[str, ...]]:
    """The path of every command: () is batou itself."""

    def below(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield path
        if isinstance(command, click.Group):
            context = click.Context(command, info_name="batou")
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                if found is not None and not found.hidden:
                    yield from below(found, (*path, name))

    return below(cli, ())


def help_of(path: tuple[str, ...]) -> str:
    """What ``batou COMMAND --help`` prints at 80 columns."""
    command: click.Command = cli
    context = click.Context(cli, info_name="batou", terminal_width=80, max_content_width=80)
    context.help_option_names = ["-h", "--help"]
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name!r}"
        command = found
        context = click.Context(command, parent=context, info_name=name)
    return command.get_help(context)


def class_of(name: str) -> type[Component]:
    """The class that ``module:Class`` names."""
    module, _, attribute = name.partition(":")
    found: type[Component] = getattr(importlib.import_module(module), attribute)
    return found


def parameters(kind: type[Component]) -> dict[str, str]:
    """Name and default of each argument of a component's constructor, in order of definition."""
    found: dict[str, str] = {}
    if kind.namevar:
        found[kind.namevar] = "required"
    names = [
        name
        for base in reversed(kind.__mro__)
        if base not in Component.__mro__
        for name in vars(base)
    ]
    for name in dict.fromkeys(names):
        value = inspect.getattr_static(kind, name)
        if name.startswith("_") or name in ("namevar", "key"):
            continue
        if name == kind.namevar or not is_value(name, value):
            continue
        found[name] = default_of(name, value)
    return found


def is_value(name: str, value: Any) -> bool:
    """Whether an attribute of a class is an argument, not a part of its behaviour."""
    if isinstance(value, (property, staticmethod, classmethod)) or inspect.isfunction(value):
        return False
    inherited = inspect.getattr_static(Component, name, None)
    return inherited is None or inspect.isfunction(inherited)


def default_of(name: str, value: Any) -> str:
    """The default as a table shows it."""
    mark = ""
    if isinstance(value, Attribute):
        mark, value = " †", value.default
        if value is NO_DEFAULT:
            return "required †"
    if value is LAZY_CONTENT or isinstance(value, type(LAZY_CONTENT)):
        value = None
    if isinstance(value, str) and "lib/resources/" in value:
        return f"`{Path(value).name}` of batou" + mark
    if isinstance(value, (str, bytes)) and len(value) > 40:
        return "a text" + mark
    shown = {None: "none", "": "empty", b"": "empty", (): "empty"}.get(
        value if not isinstance(value, (dict, list)) else None, f"`{as_text(value)}`"
    )
    return ("empty" if value in ({}, []) else shown) + mark


def as_text(value: Any) -> str:
    """*value* as people write it."""
    return str(value) if isinstance(value, str) else repr(value)


ROW = re.compile(r"^\| `(\w+)` \| [^|]*\| (.*?) ?\|$", re.M)


def table(kind: type[Component], meanings: dict[str, str]) -> str:
    """The table of parameters, with what people wrote about each."""
    if not parameters(kind):
        return "It has no parameters.\n"
    lines = ["| parameter | default | meaning |", "|---|---|---|"]
    for name, default in parameters(kind).items():
        meaning = meanings.get(name, "")
        lines.append(f"| `{name}` | {default} | {meaning} |".replace("  |", " |"))
    return "\n".join(lines) + "\n"


def meanings_in(text: str) -> dict[str, str]:
    """What a table says about each parameter."""
    return dict(ROW.findall(text))


def generated(page: str) -> str:
    """*page* as it should be."""

    def part(match: re.Match[str]) -> str:
        if match["kind"] == "help":
            path = tuple(match["what"].split()[1:])
            text = f"```text\n{help_of(path)}\n```\n"
        else:
            text = table(class_of(match["what"]), meanings_in(match["text"]))
        return f"<!-- {match['kind']}: {match['what']} -->\n{text}<!-- end -->"

    return PART.sub(part, page)


def main() -> int:
    """Write all pages; returns 0."""
    for path in sorted(PAGES.glob("**/*.md")):
        before = path.read_text(encoding="utf-8")
        after = generated(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
