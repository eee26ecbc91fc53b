"""Which form a project has: the number in ``.batou.json``, in the current directory."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batou.errors import ReportingException
from batou.errors.texts import text_of

CURRENT_VERSION = 2400
"""The form that this batou works with: the number of the last migration."""

STATE = ".batou.json"


@dataclass(eq=False)
class MigrationNeeded(ReportingException):
    """The project has a form that this batou must not work with."""

    version: int
    exit_code = 103

    def summary(self) -> str:
        return f"the project has the form {self.version}, this batou works with {CURRENT_VERSION}"

    def hint(self) -> str:
        return "run `./batou migrate`" if self.version < CURRENT_VERSION else "use a newer batou"


@dataclass(eq=False)
class UnreadableState(ReportingException):
    """``.batou.json`` is not what batou writes."""

    path: str
    problem: str

    def summary(self) -> str:
        return f"cannot read {self.path!r}: {self.problem}"

    def hint(self) -> str:
        return f'expected {{"migration": {{"version": {CURRENT_VERSION}}}}}'


def assert_up_to_date(directory: Path = Path()) -> None:
    """Raise MigrationNeeded unless the project has the present form; a new one may say nothing."""
    version = read_version(directory)
    if version not in (None, CURRENT_VERSION):
        raise MigrationNeeded(version)


def read_version(directory: Path = Path()) -> int | None:
    """The form that the project says it has; None if it says nothing."""
    state = read_state(directory / STATE)
    if state is None:
        return None
    try:
        version = state["migration"]["version"]
    except (KeyError, TypeError):
        version = None
    if not isinstance(version, int):
        raise UnreadableState(str(directory / STATE), "it has no migration version")
    return version


def write_version(version: int, directory: Path = Path()) -> None:
    """Record the form of the project; whatever else the file says stays."""
    state = {**(read_state(directory / STATE) or {}), "migration": {"version": version}}
    new = directory / f"{STATE}.new"
    new.write_text(json.dumps(state) + "\n", encoding="utf-8")
    new.replace(directory / STATE)


def read_state(path: Path) -> dict[str, Any] | None:
    """The whole file; None if there is none."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UnreadableState(str(path), text_of(error)) from None
    if not isinstance(state, dict):
        raise UnreadableState(str(path), "it is not an object")
    return state
