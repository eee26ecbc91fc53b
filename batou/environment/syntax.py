"""The syntax of INI files, as Python's ``RawConfigParser`` reads them.

Other than there, all that is wrong with a file is found at once, what is right
is still read, and each line of a value knows where it stands. ``[DEFAULT]`` is
a section like any other.
"""

import re
from dataclasses import dataclass, field

_SECTION = re.compile(r"\[(.+)\]")
_OPTION = re.compile(r"(.*?)\s*[=:]\s*(.*)$")
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>")

Lines = list[tuple[int, str]]
"""The lines of a value, with their numbers in the file."""


@dataclass(frozen=True)
class Problem:
    """Something wrong in a line, and what to do about it."""

    line: int
    text: str
    advice: str


@dataclass
class Section:
    """The options of a section, which begins at *line*."""

    line: int
    options: dict[str, Lines] = field(default_factory=dict)

    def value(self, option: str) -> str:
        """The value of *option*: its lines, without blank ones at the end."""
        return "\n".join(text for _, text in self.options[option]).rstrip()


class Reader:
    """Reads a file line by line; the result is in *sections* and *problems*."""

    def __init__(self, text: str) -> None:
        self.sections: dict[str, Section] = {}
        self.problems: list[Problem] = []
        self._section: Section | None = None
        self._name = ""
        self._value: Lines | None = None
        self._indent = 0
        self._has_conflict = self._is_lost = False
        for number, line in enumerate(text.split("\n"), 1):
            self._read(number, line)

    def _read(self, number: int, line: str) -> None:
        content = line.strip()
        if content.startswith(("#", ";")):
            return
        if not content:
            if self._value is not None:
                self._value.append((number, ""))
            return
        indent = len(line) - len(line.lstrip())
        if self._value is not None and indent > self._indent:
            self._value.append((number, content))
            return
        self._indent = indent
        self._read_start(number, content)

    def _read_start(self, number: int, content: str) -> None:
        """A line that continues nothing."""
        if content.startswith(_CONFLICT):
            self._note_conflict(number)
        elif section := _SECTION.match(content):
            self._begin(number, section[1])
        elif self._section is None:
            self._note_lost(number, content)
        elif (option := _OPTION.match(content)) and option[1]:
            self._take(number, option[1], option[2])
        else:
            advice = "write key = value, or indent a line that continues the value above"
            self._note(number, f"{content!r} is neither a [section] nor a key = value", advice)

    def _begin(self, number: int, name: str) -> None:
        known = self.sections.get(name)
        if known and not self._has_conflict:
            first = f"the first one is in line {known.line}, put all keys into it"
            self._note(number, f"section [{name}] is given twice", first)
        self._section = self.sections.setdefault(name, Section(number))
        self._name, self._value = name, None

    def _take(self, number: int, option: str, value: str) -> None:
        assert self._section is not None
        known = self._section.options.get(option)
        self._value = [(number, value.strip())]
        if known is None:
            self._section.options[option] = self._value
        elif not self._has_conflict:
            first = f"the first one is in line {known[0][0]}, keep one of them"
            self._note(number, f"key {option!r} is given twice in section [{self._name}]", first)

    def _note(self, number: int, text: str, advice: str) -> None:
        self.problems.append(Problem(number, text, advice))

    def _note_conflict(self, number: int) -> None:
        if not self._has_conflict:
            self._note(number, "a merge conflict was left behind", "resolve it")
        self._has_conflict = True

    def _note_lost(self, number: int, content: str) -> None:
        """Once is enough for all lines before the first section."""
        if self._is_lost:
            return
        self._is_lost = True
        if content.startswith("["):
            self._note(number, f"{content!r} lacks its closing bracket", "write [section]")
        else:
            advice = "begin the file with [environment]"
            self._note(number, f"{content[:60]!r} stands before the first [section]", advice)
