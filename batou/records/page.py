"""A run as one HTML file that needs nothing else: no network, no script."""

import os
from contextlib import suppress
from importlib.resources import files

from batou.records.story import Story
from batou.report.timing import format_duration


def page(story: Story, name: str) -> str:
    """*story*, of the run *name*, as HTML; everything that was recorded is text in it."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["duration"] = format_duration
    source = files("batou.records").joinpath("page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(story=story, name=name)


def write(path: str, text: str, mode: int = 0o666) -> None:
    """Write *text* to *path*, all or nothing; raises OSError."""
    temporary = f"{path}.{os.getpid()}"
    try:
        number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with open(number, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
