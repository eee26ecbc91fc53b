"""`SecretConfig`: the decrypted ``secrets.cfg``, rewritten without losing a comment.

**Keys keep their case**, as in ``environment.cfg``. 2.x made them lower-case, and
its projects may have written ``Password`` for an attribute ``password``. So
`spelling` lets the exact case win; where a component has no such attribute but
has the lower-case one, that is meant. Host data is found under both.
"""

from collections.abc import Callable, Iterator
from configparser import (
    DuplicateOptionError,
    DuplicateSectionError,
    Error,
    MissingSectionHeaderError,
    ParsingError,
)
from typing import Any

from configupdater import ConfigUpdater

from batou.errors import DuplicateSecretsComponentAttribute, InvalidFile, Location

OWN_SECTION = "batou"
Knows = Callable[[str, str], bool]
"""Whether a component (first) has an attribute (second)."""


def spelling(key: str, known: Callable[[str], bool]) -> str:
    """The name that *key* means: itself, or in lower case if only that is *known*.

    >>> spelling("Password", {"password"}.__contains__)
    'password'
    >>> spelling("dbName", {"dbName", "dbname"}.__contains__)
    'dbName'
    """
    return key.lower() if not known(key) and known(key.lower()) else key


class SecretConfig:
    """The text of ``secrets.cfg`` and what it says; raises InvalidFile if it is no INI file.

    *shown* is the path that errors name.
    """

    def __init__(self, text: str, shown: str) -> None:
        self.shown = shown
        self._updater = parse(text, shown)
        self._lines = line_numbers(self._updater)

    def __str__(self) -> str:
        return str(self._updater)

    @property
    def kind(self) -> str | None:
        """The provider that the file asks for."""
        return self._own("secret_provider")

    @property
    def members(self) -> list[str]:
        """Who may read, as written."""
        lines = (self._own("members") or "").replace(",", "\n").split("\n")
        return [line.strip() for line in lines if line.strip()]

    def set_members(self, members: list[str]) -> None:
        """Write the list of members, each on a line of its own."""
        if not self._updater.has_section(OWN_SECTION):
            self._updater.add_section(OWN_SECTION)
        section = self._updater[OWN_SECTION]
        key = next((key for key in section if key.lower() == "members"), "members")
        if key not in section:
            section.set(key, "")
        if members:
            section[key].set_values([*(member + "," for member in members[:-1]), members[-1]])
        else:
            section[key].value = ""

    def members_place(self) -> Location:
        """Where the list of members stands."""
        return self.place(OWN_SECTION, "members")

    def place(self, section: str, key: str = "") -> Location:
        """Where a key stands, else its section, else the file."""
        line = self._lines.get((section, key)) or self._lines.get((section, ""), 0)
        return Location(self.shown, line)

    def section_place(self, component: str) -> Location:
        """Where the section of a component stands."""
        names = (section for section, name in self._component_sections() if name == component)
        return self.place(next(names, ""))

    def _own(self, key: str) -> str | None:
        if not self._updater.has_section(OWN_SECTION):
            return None
        for name, option in self._updater[OWN_SECTION].items():
            if name.lower() == key:
                return value_of(option) or None
        return None

    def host_data(self) -> dict[str, dict[str, str]]:
        """``{host: {key: value}}``, without ``data-``; lower-case spellings are added."""
        found: dict[str, dict[str, str]] = {}
        for section, name in self._named("host"):
            values = {key.replace("data-", "", 1): value for key, value in self.options(section)}
            lowered = {key.lower(): value for key, value in values.items()}
            found.setdefault(name, {}).update({**lowered, **values})
        return found

    def component_overrides(self, knows: Knows | None = None) -> dict[str, dict[str, str]]:
        """``{component: {key: value}}``; ``[x]`` and ``[component:x]`` are one.

        Raises DuplicateSecretsComponentAttribute.
        """
        for error in self.duplicates(knows):
            raise error
        found: dict[str, dict[str, str]] = {}
        for name, key, value, _ in self.component_values(knows):
            found.setdefault(name, {})[key] = value
        for _, name in self._component_sections():
            found.setdefault(name, {})
        return found

    def duplicates(self, knows: Knows | None = None) -> list[DuplicateSecretsComponentAttribute]:
        """One error for each attribute that is set more than once."""
        seen: set[tuple[str, str]] = set()
        errors = []
        for name, key, _, place in self.component_values(knows):
            if (name, key) in seen:
                errors.append(DuplicateSecretsComponentAttribute(name, key, place))
            seen.add((name, key))
        return errors

    def component_values(
        self, knows: Knows | None = None
    ) -> Iterator[tuple[str, str, str, Location]]:
        """Each (component, key, value, place)."""
        for section, name in self._component_sections():
            for key, value in self.options(section):
                meant = spelling(key, lambda k, n=name: knows(n, k)) if knows else key  # type: ignore[misc]  # binds the loop's name
                yield name, meant, value, self.place(section, key)

    def locations(self, knows: Knows | None = None) -> dict[tuple[str, str], str]:
        """``path:line`` of each (component, key) and (``host:name``, key)."""
        found = {(name, key): str(place) for name, key, _, place in self.component_values(knows)}
        for section, name in self._component_sections():
            found.setdefault((name, ""), str(self.place(section)))
        for section, _ in self._named("host"):
            found[section, ""] = str(self.place(section))
            for key, _ in self.options(section):
                found[section, key.replace("data-", "", 1)] = str(self.place(section, key))
        return found

    def options(self, section: str) -> list[tuple[str, str]]:
        """The (key, value) of a section, as written."""
        return [(key, value_of(option)) for key, option in self._updater[section].items()]

    def sections(self) -> list[str]:
        """The names of all sections but batou's own."""
        return [name for name in self._updater.sections() if name != OWN_SECTION]

    def _named(self, prefix: str) -> list[tuple[str, str]]:
        return [
            (section, section.removeprefix(prefix + ":"))
            for section in self.sections()
            if section.startswith(prefix + ":")
        ]

    def _component_sections(self) -> list[tuple[str, str]]:
        return [
            (section, section.removeprefix("component:"))
            for section in self.sections()
            if not section.startswith("host:")
        ]


def parse(text: str, shown: str) -> Any:
    """*text* as a ConfigUpdater whose keys keep their case; raises InvalidFile."""
    updater = ConfigUpdater()
    updater.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    try:
        return updater.read_string(text)
    except Error as error:
        raise _syntax_error(error, shown) from None


def line_numbers(updater: Any) -> dict[tuple[str, str], int]:
    """The line of each (section, key), and of each (section, ``""``).

    >>> line_numbers(parse("# hi\\n[a]\\nx = 1\\n  2\\ny = 3\\n", ""))
    {('a', ''): 2, ('a', 'x'): 3, ('a', 'y'): 5}
    """
    found: dict[tuple[str, str], int] = {}
    number = 1
    for block in updater.iter_blocks():
        name = getattr(block, "name", None)
        if name is None:
            number += str(block).count("\n")
            continue
        found[name, ""] = number
        number += 1
        for part in block.iter_blocks():
            if key := getattr(part, "raw_key", ""):
                found[name, key] = number
            number += str(part).count("\n")
    return found


def _syntax_error(error: Error, shown: str) -> InvalidFile:
    """The error in our words; what the line says may be a secret, so it is not shown."""
    line, advice = getattr(error, "lineno", 0) or 0, "keep one of them"
    if isinstance(error, DuplicateOptionError):
        problem = f"key {error.option!r} is given twice in section [{error.section}]"
    elif isinstance(error, DuplicateSectionError):
        problem = f"section [{error.section}] is given twice"
    elif isinstance(error, MissingSectionHeaderError):
        problem, advice = "a line stands before the first [section]", "begin it with [batou]"
    elif isinstance(error, ParsingError):
        line = error.errors[0][0]
        problem = "a line is neither a [section] nor a key = value"
        advice = "indent lines that continue the value above"
    else:
        problem, advice = "it is no INI file", ""
    return InvalidFile(shown, problem, Location(shown, line), advice)


def value_of(option: Any) -> str:
    """The value of an option of a ConfigUpdater; its lines are stripped."""
    return "\n".join(line.strip() for line in (option.value or "").split("\n"))


def set_value(option: Any, value: str) -> None:
    """Give an option of a ConfigUpdater a value of one or more lines; it reads back the same."""
    first, *more = value.split("\n")
    if not more:
        option.value = value
    elif first:
        option.set_values([first, *more], indent="    ", prepend_newline=False)
    else:
        option.set_values(more)
