"""INI files whose values know where they stand.

The syntax is that of Python's ``RawConfigParser``: case-sensitive names, no
interpolation, comments on lines of their own, continuation by indentation.
"""

import configparser
import os
from collections.abc import Iterator, Mapping

from batou.errors import InvalidFile, Location


class ConfigSection(dict[str, str]):
    """The options of a section, and where they stand."""

    def __init__(
        self,
        options: Mapping[str, str] | None = None,
        name: str = "",
        place: Location | None = None,
        places: Mapping[str, Location] | None = None,
    ) -> None:
        super().__init__(options or {})
        self.name = name
        self.place = place
        self._places = dict(places or {})

    def location(self, option: str) -> Location | None:
        """Where *option* stands; the section, if the option is missing."""
        return self._places.get(option, self.place)

    def as_list(self, option: str) -> list[str]:
        """The items of a list: separated by commas if there is one, otherwise by lines."""
        return as_list(self[option])


def as_list(value: str) -> list[str]:
    """The items of a list: separated by commas if there is one, otherwise by lines.

    >>> as_list("a, b"), as_list("a\\n  b"), as_list("")
    (['a', 'b'], ['a', 'b'], [])
    """
    if "," in value:
        return [item.strip() for item in value.split(",")]
    return [item.strip() for item in value.split("\n") if item.strip()]


class Config:
    """An INI file; raises InvalidFile if it cannot be read."""

    def __init__(self, path: str | os.PathLike[str], shown: str | None = None) -> None:
        self.path = os.fspath(path)
        self.shown = shown or self.path
        text = read_text(self.path, self.shown)
        self._parser = _parse(text, self.shown)
        self._sections, self._options = locate(text, self.shown)

    def __contains__(self, section: object) -> bool:
        return isinstance(section, str) and self._parser.has_section(section)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parser.sections())

    def __getitem__(self, section: str) -> ConfigSection:
        if section not in self:
            raise KeyError(section)
        options = dict(self._parser.items(section))
        places = {option: place for option in options if (place := self._place(section, option))}
        return ConfigSection(options, section, self._sections.get(section), places)

    def _place(self, section: str, option: str) -> Location | None:
        """Where *option* stands: in its section, or in ``[DEFAULT]``, which all sections have."""
        own = self._options.get((section, option))
        return own or self._options.get((configparser.DEFAULTSECT, option))

    def get(self, section: str, default: ConfigSection | None = None) -> ConfigSection | None:
        """The section, or *default* if there is none."""
        try:
            return self[section]
        except KeyError:
            return default

    def with_prefix(self, prefix: str) -> Iterator[tuple[str, ConfigSection]]:
        """All sections ``[prefix:name]``, by their names."""
        for section in self:
            if section.startswith(prefix + ":"):
                yield section[len(prefix) + 1 :], self[section]


def read_text(path: str, shown: str) -> str:
    """The text of a file; raises InvalidFile if it cannot be read or is not UTF-8."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        advice = "check its mode and owner" if isinstance(error, PermissionError) else ""
        raise InvalidFile(shown, error.strerror or str(error), Location(shown), advice) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        place = Location(shown, line)
        raise InvalidFile(shown, "it is not UTF-8", place, "save the file as UTF-8") from error


def _parse(text: str, shown: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    try:
        parser.read_string(text, shown)
    except configparser.Error as error:
        raise _syntax_error(error, shown) from error
    return parser


def _syntax_error(error: configparser.Error, shown: str) -> InvalidFile:
    line, problem, advice = getattr(error, "lineno", 0) or 0, error.message, ""
    if isinstance(error, configparser.DuplicateOptionError):
        problem = f"key {error.option!r} is given twice in section [{error.section}]"
        advice = "keep one of them"
    elif isinstance(error, configparser.DuplicateSectionError):
        problem = f"section [{error.section}] is given twice"
        advice = "put all keys into one of them"
    elif isinstance(error, configparser.MissingSectionHeaderError):
        problem = f"{error.line.strip()!r} stands before the first [section]"
        advice = "begin the file with [environment]"
    elif isinstance(error, configparser.ParsingError):
        line, text = error.errors[0]
        problem = f"{_unquoted(text)!r} is neither a [section] nor a key = value"
        advice = "indent lines that continue the value above"
    return InvalidFile(shown, problem, Location(shown, line), advice)


def _unquoted(text: str) -> str:
    """The source line of a configparser error, which holds its repr."""
    import ast

    try:
        return str(ast.literal_eval(text)).strip()
    except (SyntaxError, ValueError):
        return text.strip()


def locate(text: str, shown: str) -> tuple[dict[str, Location], dict[tuple[str, str], Location]]:
    """Where each section, and each (section, option) begins."""
    sections: dict[str, Location] = {}
    options: dict[tuple[str, str], Location] = {}
    section, indent, in_value = "", 0, False
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content or content[0] in "#;":
            continue
        own_indent = len(line) - len(line.lstrip())
        if in_value and own_indent > indent:
            continue
        indent = own_indent
        if content.startswith("[") and "]" in content:
            section, in_value = content[1 : content.rindex("]")], False
            sections.setdefault(section, Location(shown, number))
        else:
            option = min(content.split("=", 1)[0], content.split(":", 1)[0], key=len).strip()
            options.setdefault((section, option), Location(shown, number))
            in_value = True
    return sections, options
