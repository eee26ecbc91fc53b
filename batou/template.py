"""Expand templates.

Undefined variables are errors, a trailing newline is kept, lines that begin
with ``@@`` are statements, nothing is escaped. ``include``, ``import`` and
``extends`` read files relative to the current directory, which is the
component's own while it is configured.
"""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jinja2

from batou.compiled import CompiledTemplates
from batou.errors import ReportingException, SilentConfigurationError, TemplatingError
from batou.report import output

LARGE = 100 * 1024
"""Characters above which a template is remarked upon."""


def _read(name: str) -> tuple[str, str, Any] | None:
    if not os.path.isfile(name):
        return None
    with open(name, encoding="utf-8") as file:
        return file.read(), name, lambda: False


class TemplateEngine:
    """What can expand templates."""

    @classmethod
    def get(cls, name: str) -> "TemplateEngine":
        """The engine called *name*, in any case; raises NotImplementedError if unknown."""
        if name.lower() == "jinja2":
            return Jinja2Engine()
        raise NotImplementedError(f"there is no template engine {name!r}, only 'jinja2'")

    def template(self, sourcefile: str, args: Mapping[str, Any]) -> str:
        """Render a file."""
        raise NotImplementedError

    def expand(
        self, templatestr: str | bytes, args: Mapping[str, Any], identifier: str = "<template>"
    ) -> str:
        """Render text; *identifier* names it in errors."""
        raise NotImplementedError


class Jinja2Engine(TemplateEngine):
    """The engine of Jinja 2; compiled templates are kept."""

    def __init__(self) -> None:
        self.env = jinja2.Environment(
            line_statement_prefix="@@",
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
            loader=jinja2.FunctionLoader(_read),
        )
        self._compiled = CompiledTemplates(self.env)

    def keep_compiled_in(self, directory: str) -> None:
        """Keep compiled templates in *directory*, for this run and later ones."""
        self._compiled.keep_in(directory)
        self._compiled.collect()

    def template(self, sourcefile: str, args: Mapping[str, Any]) -> str:
        """Render a file; what is rendered gets one more newline, as in 2.x.

        Raises TemplatingError for what Jinja finds wrong.
        """
        with open(sourcefile, encoding="utf-8") as file:
            source = file.read()
        try:
            return self._compiled.get(source).render(args) + "\n"
        except jinja2.TemplateError as error:
            raise templating_error(error, os.fspath(sourcefile), source) from error

    def expand(
        self, templatestr: str | bytes, args: Mapping[str, Any], identifier: str = "<template>"
    ) -> str:
        """Render text; raises TemplatingError for whatever goes wrong in it."""
        if not isinstance(templatestr, str):
            kind = type(templatestr).__name__
            raise TemplatingError(f"a template is text, got {kind}", identifier)
        if is_plain(templatestr):
            return templatestr
        if len(templatestr) > LARGE:
            output.warn(f"template {identifier!r} is larger than {LARGE // 1024} KiB")
        try:
            return self._compiled.get(templatestr).render(args)
        except (ReportingException, SilentConfigurationError, AssertionError):
            raise
        except Exception as error:
            raise templating_error(error, identifier, templatestr) from error


def is_plain(text: object) -> bool:
    """Whether rendering *text* gives *text* again, whatever the variables are."""
    return isinstance(text, str) and "{" not in text and "@@" not in text and "\r" not in text


def templating_error(error: BaseException, identifier: str, source: str) -> TemplatingError:
    """What went wrong in which line of the template."""
    line = getattr(error, "lineno", None) or _line(error)
    name = getattr(error, "name", None)
    if name and name != identifier and not isinstance(error, (AttributeError, NameError)):
        identifier = str(name)
        source = ""
    lines = source.splitlines()
    text = lines[line - 1].strip() if line and line <= len(lines) else ""
    message = str(error).split("\n", 1)[0]
    return TemplatingError(f"{type(error).__name__}: {message}", identifier, line or 0, text)


def _line(error: BaseException) -> int | None:
    """The line of the template that was being rendered; Jinja puts it into the traceback."""
    line, tb = None, error.__traceback__
    while tb:
        if tb.tb_frame.f_code.co_filename == "<template>":
            line = tb.tb_lineno
        tb = tb.tb_next
    return line


@lru_cache(maxsize=1)
def engine() -> Jinja2Engine:
    """The engine that all components share."""
    return Jinja2Engine()
