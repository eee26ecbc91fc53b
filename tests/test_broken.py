"""Broken projects: what batou says about each, to the letter.

A case is a project in tests/broken/ with a case.toml: *why* it is broken, the
*command* to run, and maybe *cwd* and *env*. What is printed and the exit code
stand in expected.txt; ``pytest tests/test_broken.py --golden`` writes them, and
the difference is to be read like any other change.
"""

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

tomllib = pytest.importorskip("tomllib")

BROKEN = Path(__file__).with_name("broken")
CASES = sorted(path.parent.name for path in BROKEN.glob("*/case.toml"))

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="Python's own messages differ between versions"
)


def masked(printed: str, project: Path) -> str:
    """*printed* without what differs from run to run and from machine to machine."""
    import importlib.util
    import sysconfig

    spec = importlib.util.find_spec("batou")
    package = str(Path(spec.origin).parent)
    for path, name in (
        (str(project), "<project>"),
        (str(project.parent), "<above>"),
        (package, "<batou>"),
        (sysconfig.get_path("purelib"), "<site-packages>"),
        (sysconfig.get_path("stdlib"), "<stdlib>"),
        (sys.executable, "<python>"),
    ):
        printed = printed.replace(path, name)
    printed = re.sub(r"^batou/\S+ \(.*\)$", "batou/<version>", printed, flags=re.M)
    printed = re.sub(r"(total|connect|deploy|verify|update|sub)=[\d.ms∅]+", r"\1=<time>", printed)
    printed = re.sub(r"\(pid \d+\)|pid \d+", "<pid>", printed)
    printed = re.sub(r"0x[0-9a-f]{6,}", "0x<address>", printed)
    printed = re.sub(r'"seconds": [\d.]+', '"seconds": <time>', printed)
    return re.sub(r"(/tmp/|/var/tmp/)[\w./-]+", "<tmp>", printed)


@contextmanager
def lock_held(project: Path) -> Iterator[None]:
    """Another batou works in the project."""
    with open(project / ".batou-lock", "w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        lock.write("4242")
        lock.flush()
        yield


@contextmanager
def nothing(project: Path) -> Iterator[None]:
    """Nothing besides the project's files is needed."""
    yield


CIRCUMSTANCES = {"lock_held": lock_held}


def run(case: str, project: Path) -> str:
    """What batou prints in a copy of the case's project, and its exit code."""
    shutil.copytree(BROKEN / case, project, symlinks=True)
    settings = tomllib.loads((project / "case.toml").read_text())
    for name in ("case.toml", "expected.txt"):
        (project / name).unlink(missing_ok=True)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(project.parent),
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        **settings.get("env", {}),
    }
    with CIRCUMSTANCES.get(case, nothing)(project):
        done = subprocess.run(
            [sys.executable, "-m", "batou", *shlex.split(settings["command"])],
            cwd=project / settings.get("cwd", "."),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
    printed = done.stdout.decode("utf-8", "backslashreplace")
    return f"{masked(printed, project.resolve())}exit code {done.returncode}\n"


@pytest.mark.parametrize("case", CASES)
def test_a_broken_project_is_explained(
    case: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    golden = BROKEN / case / "expected.txt"

    printed = run(case, tmp_path / "project")

    if request.config.getoption("--golden"):
        golden.write_text(printed, encoding="utf-8")
    assert printed == golden.read_text(encoding="utf-8")
    assert (
        "Traceback (most recent call last)" not in printed or "--debug" in case or "debug" in case
    )


def test_no_case_succeeds_unless_it_says_so() -> None:
    """Most cases fail with 1 or 2; those that end well are about warnings."""
    codes = {
        case: (BROKEN / case / "expected.txt").read_text(encoding="utf-8").splitlines()[-1]
        for case in CASES
    }

    assert set(codes.values()) <= {f"exit code {code}" for code in (0, 1, 2, 103)}
    assert len(CASES) >= 300
