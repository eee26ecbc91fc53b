"""Expand templates.

Undefined variables are errors, a trailing newline is kept, lines that begin
with ``@@`` are statements, nothing is escaped. ``include``, ``import`` and
``extends`` read files relative to the current directory, which is the
component's own while it is configured.
"""

import linecache
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jinja2
from jinja2.utils import missing

from batou.compiled import CompiledTemplates
from batou.errors import ReportingException, SilentConfigurationError, TemplatingError
from batou.errors.suggestions import attributes_of, nearest
from batou.errors.texts import clipped, prepare_error, text_of
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
        self,
        templatestr: str | bytes,
        args: Mapping[str, Any],
        identifier: str | Callable[[], str] = "<template>",
    ) -> str:
        """Render text; *identifier*, or what it returns, names it in errors."""
        raise NotImplementedError


class Undefined(jinja2.StrictUndefined):
    """A name that does not exist: an error when it is used, which offers the nearest name."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name, owner = self._undefined_name, self._undefined_obj
        if self._undefined_hint or not isinstance(name, str):
            return super()._undefined_message
        if owner is missing:
            guess = nearest(name, VARIABLES)
            return f"{name!r} is undefined" + (f", {guess}" if guess else "")
        if not isinstance(owner, dict) and hasattr(type(owner), name):
            try:
                getattr(owner, name)
            except AttributeError as error:
                return str(error)  # it exists, but cannot be told
        kind = type(owner).__name__
        guess = nearest(name, owner if isinstance(owner, dict) else attributes_of(owner))
        return f"{kind} has no attribute {name!r}" + (f", {guess}" if guess else "")


VARIABLES = ("host", "environment", "component", "args", "batou_generated_header")
"""What every template of a component knows; *args* only those of files."""


class Jinja2Engine(TemplateEngine):
    """The engine of Jinja 2; compiled templates are kept."""

    def __init__(self) -> None:
        self.env = jinja2.Environment(
            line_statement_prefix="@@",
            keep_trailing_newline=True,
            undefined=Undefined,
            loader=jinja2.FunctionLoader(_read),
        )
        self._compiled = CompiledTemplates(self.env)

    def keep_compiled_in(self, directory: str) -> None:
        """Keep compiled templates in *directory*, for this run and later ones."""
        self._compiled.keep_in(directory)
        self._compiled.collect()

    def keep_none_that(self, is_secret: Callable[[str], bool]) -> None:
        """From now on do not keep templates with a text that *is_secret*."""
        self._compiled.is_secret = is_secret

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
        self,
        templatestr: str | bytes,
        args: Mapping[str, Any],
        identifier: str | Callable[[], str] = "<template>",
    ) -> str:
        """Render text; raises TemplatingError for whatever goes wrong in it."""
        if not isinstance(templatestr, str):
            kind = type(templatestr).__name__
            raise TemplatingError(f"a template is text, got {kind}", _named(identifier))
        if is_plain(templatestr):
            return templatestr
        if len(templatestr) > LARGE:
            name = _named(identifier)
            output.warn(f"template {name!r} is larger than {LARGE // 1024} KiB")
        try:
            return self._compiled.get(templatestr).render(args)
        except (ReportingException, SilentConfigurationError, AssertionError):
            raise
        except Exception as error:
            raise templating_error(error, _named(identifier), templatestr) from error


def _named(identifier: str | Callable[[], str]) -> str:
    return identifier if isinstance(identifier, str) else identifier()


def is_plain(text: object) -> bool:
    """Whether rendering *text* gives *text* again, whatever the variables are."""
    return isinstance(text, str) and "{" not in text and "@@" not in text and "\r" not in text


def templating_error(error: BaseException, identifier: str, source: str) -> TemplatingError:
    """What went wrong in which line of the template, or of a file that it includes."""
    name, line = _place(error)
    if name:
        identifier = os.path.abspath(name)
        text = linecache.getline(identifier, line)
    else:
        identifier = os.path.abspath(identifier) if os.path.isfile(identifier) else identifier
        lines = source.splitlines()
        text = lines[line - 1] if 0 < line <= len(lines) else ""
    return TemplatingError(_message(error), identifier, line, clipped(text.strip(), 200))


def _message(error: BaseException) -> str:
    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no template {error.name!r}"
    if isinstance(error, jinja2.UndefinedError):
        return text_of(error)
    return prepare_error(error)


def _place(error: BaseException) -> tuple[str, int]:
    """The included file, or nothing, and the line that was parsed or rendered.

    Jinja puts frames for the lines of templates into the traceback.
    """
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.filename or "", error.lineno
    name, line, tb = "", 0, error.__traceback__
    while tb:
        if "__jinja_exception__" in tb.tb_frame.f_globals:
            name, line = tb.tb_frame.f_code.co_filename, tb.tb_lineno
        tb = tb.tb_next
    return "" if name == "<template>" else name, line


@lru_cache(maxsize=1)
def engine() -> Jinja2Engine:
    """The engine that all components share."""
    return Jinja2Engine()
