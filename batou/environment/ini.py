"""INI files whose values know where they stand.

The syntax is that of Python's ``RawConfigParser``: case-sensitive names, no
interpolation, comments on lines of their own, continuation by indentation.
"""

import os
from collections.abc import Iterator, Mapping, Sequence

from batou.environment.syntax import Reader
from batou.errors import InvalidFile, Location


class ConfigSection(dict[str, str]):
    """The options of a section, and where they stand: a place for each line of a value."""

    def __init__(
        self,
        options: Mapping[str, str] | None = None,
        name: str = "",
        place: Location | None = None,
        places: Mapping[str, Sequence[Location]] | None = None,
    ) -> None:
        super().__init__(options or {})
        self.name = name
        self.place = place
        self._places = dict(places or {})

    def location(self, option: str, item: str = "") -> Location | None:
        """Where *option* stands, or the line of its value that has *item*.

        It is the section if the option is missing.
        """
        places = self._places.get(option)
        if not places:
            return self.place
        lines = self[option].split("\n") if item else []
        for place, line in zip(places, lines, strict=False):
            if item in line:
                return place
        return places[0]

    def places(self, option: str) -> Sequence[Location]:
        """Where each line of the value of *option* stands."""
        return self._places.get(option, ())

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
    """An INI file; raises InvalidFile if it cannot be read.

    With a list of *problems*, what is wrong with its syntax is added there, and
    the rest is read; without one, the first problem is raised.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        shown: str | None = None,
        problems: list[BaseException] | None = None,
    ) -> None:
        self.path = os.fspath(path)
        self.shown = shown or self.path
        reader = Reader(read_text(self.path, self.shown))
        self._sections = reader.sections
        found = [
            InvalidFile(self.shown, problem.text, self._place(problem.line), problem.advice)
            for problem in reader.problems
        ]
        if found and problems is None:
            raise found[0]
        (problems if problems is not None else []).extend(found)

    def _place(self, line: int) -> Location:
        return Location(self.shown, line)

    def __contains__(self, section: object) -> bool:
        return section in self._sections

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections)

    def __getitem__(self, section: str) -> ConfigSection:
        found = self._sections[section]
        places = {
            option: [self._place(number) for number, _ in lines]
            for option, lines in found.options.items()
        }
        options = {option: found.value(option) for option in found.options}
        return ConfigSection(options, section, self._place(found.line), places)

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
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        place = Location(shown, data[: data.index(b"\0")].count(b"\n") + 1)
        raise InvalidFile(shown, "it has null bytes", place, "is it a text file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        place = Location(shown, line)
        raise InvalidFile(shown, "it is not UTF-8", place, "save the file as UTF-8") from error


def locate(text: str, shown: str) -> tuple[dict[str, Location], dict[tuple[str, str], Location]]:
    """Where each section, and each (section, option) begins."""
    found = Reader(text).sections
    sections = {name: Location(shown, section.line) for name, section in found.items()}
    options = {
        (name, option): Location(shown, lines[0][0])
        for name, section in found.items()
        for option, lines in section.options.items()
    }
    return sections, options
