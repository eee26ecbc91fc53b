"""Run the tests of a project against what was deployed."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from batou.errors import ReportingException
from batou.errors.base import Rows

FIXTURES = ("deployed", "host", "batou_run")
"""What tests of a deployment ask for."""

USES = re.compile(rf"def \w+\([^)]*\b(?:{'|'.join(FIXTURES)})\b")
NEEDED = ("pytest", "testinfra")
NOTHING_COLLECTED = 5
"""pytest's exit code when there is nothing to run."""


@dataclass(eq=False)
class TestsCannotRun(ReportingException):
    """The project has tests of its deployment, and what runs them is not installed."""

    __test__ = False  # pytest: this is no test
    missing: tuple[str, ...]
    file: str

    def summary(self) -> str:
        return f"the tests in {self.file!r} cannot run: {' and '.join(self.missing)} is missing"

    def rows(self) -> Rows:
        return [("Python", sys.executable)]

    def hint(self) -> str:
        return "write batou[test] into requirements.txt; ./batou then installs what tests need"


@dataclass(frozen=True)
class Tested:
    """What came out of the tests: pytest's exit code and its JUnit report, which may be empty."""

    __test__ = False
    code: int
    report: str = ""

    @property
    def is_done(self) -> bool:
        """Whether all that ran has passed."""
        return self.code in (0, NOTHING_COLLECTED)


def tests_of_deployment(project: Path) -> list[Path]:
    """The files below ``tests/`` that ask for what was deployed."""
    return [path for path in sorted(project.glob("tests/**/*.py")) if _asks(path)]


def _asks(path: Path) -> bool:
    try:
        return bool(USES.search(path.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return False


def require_tools(files: list[Path], project: Path) -> None:
    """Raise TestsCannotRun if there is something to run and nothing that runs it."""
    missing = tuple(name for name in NEEDED if find_spec(name) is None)
    if files and missing:
        names = {"testinfra": "pytest-testinfra"}
        raise TestsCannotRun(
            tuple(names.get(name, name) for name in missing), str(files[0].relative_to(project))
        )


def run_tests(stage: Path, report: Path, say: Callable[[str], None]) -> Tested:
    """Run the tests in the current directory against the stage in a file; *say* gets each line.

    pytest writes its JUnit report to *report*, and nothing into the project.
    """
    quiet = ["-p", "no:cacheprovider", "-p", "batou.testing.plugin"]
    words = ["--batou-stage", str(stage), "--junitxml", str(report), "tests"]
    compiled = os.path.abspath(os.path.join(".batou", "compiled"))  # not beside the tests
    environ = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *quiet, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                say(line.rstrip())
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    written = report.read_text(encoding="utf-8") if report.exists() else ""
    return Tested(code, written)
