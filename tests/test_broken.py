"""Broken projects: what batou says about each, to the letter.

A case is a project in tests/broken/ with a case.toml: *why* it is broken, the
*command* to run, and maybe

- *cwd*, in the project, and *env*
- *directory*, what the project's directory is called
- *encrypted*, files by path that are encrypted with age; ``{recipient}`` stands
  for the recipient, and with *identity* there is a file ``identity.txt``

What is printed and the exit code stand in expected.txt;
``pytest tests/test_broken.py --golden`` writes them, and the difference is to be
read like any other change.
"""

import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

tomllib = pytest.importorskip("tomllib")

BROKEN = Path(__file__).with_name("broken")
SECRET = "tr0ub4dor"
"""Part of every secret in the cases; nobody must see it."""

CASES = sorted(path.parent.name for path in BROKEN.glob("*/case.toml"))

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="Python's own messages differ between versions"
)


def masked(printed: str, project: Path) -> str:
    """*printed* without what differs from run to run and from machine to machine."""
    import importlib.util
    import sysconfig

    spec = importlib.util.find_spec("batou")
    assert spec is not None
    assert spec.origin is not None
    package = str(Path(spec.origin).parent)
    for path, name in (
        (json.dumps(str(project))[1:-1], "<project>"),
        (str(project), "<project>"),
        (str(project.parent), "<above>"),
        (package, "<batou>"),
        (sysconfig.get_path("purelib"), "<site-packages>"),
        (sysconfig.get_path("stdlib"), "<stdlib>"),
        (sys.executable, "<python>"),
    ):
        printed = printed.replace(path, name)
    printed = re.sub(r"batou/\d\S+ \(.*?\)", "batou/<version>", printed)
    printed = re.sub(r"(total|connect|deploy|verify|update|sub)=[\d.ms∅]+", r"\1=<time>", printed)
    printed = re.sub(r"\(pid \d+\)|pid \d+", "<pid>", printed)
    printed = re.sub(r"0x[0-9a-f]{6,}", "0x<address>", printed)
    printed = re.sub(r'"seconds": [\d.]+', '"seconds": 0.0', printed)
    printed = re.sub(r"took \d[\d.]*s", "took <time>", printed)
    printed = re.sub(r"as user '[^']*'", "as user '<user>'", printed)
    printed = re.sub(r"age1[0-9a-z]{58}", "<recipient>", printed)
    printed = re.sub(r"installed are: .*", "installed are: <provisioners>", printed)
    printed = re.sub("|".join(UNRESOLVABLE), "<it cannot be resolved>", printed)
    printed = re.sub(r"(Raised in: \S+?):\d+", r"\1:<line>", printed)
    printed = re.sub(OWN_FRAMES, '      File "<batou>"\n', printed)
    printed = re.sub(PROGRESS, in_order_of_hosts, printed, flags=re.M)
    return re.sub(r"(/tmp/|/var/tmp/)[\w./-]+", "<tmp>", printed)


UNRESOLVABLE = (
    "Name or service not known",
    "No address associated with hostname",
    "Temporary failure in name resolution",
    "nodename nor servname provided, or not known",
)
"""What the system says when a name cannot be resolved, with and without a network."""

OWN_FRAMES = r'(?:      File "<batou>/.*\n(?:        .*\n)+)+'
"""Lines of a traceback that change whenever batou does."""

PROGRESS = r"(?:^[⚪🚀] \S+: .*\n)+"
"""Lines about what hosts do at the same time."""


def in_order_of_hosts(lines: re.Match[str]) -> str:
    """Lines that may come in any order, apart from those of the same host."""
    return "".join(sorted(lines[0].splitlines(True), key=lambda line: line.split()[1]))


@contextmanager
def lock_held(project: Path) -> Iterator[None]:
    """Another batou works in the project."""
    with open(project / ".batou-lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4242")
        lock.flush()
        yield


@contextmanager
def nothing(project: Path) -> Iterator[None]:
    """Nothing besides the project's files is needed."""
    yield


@contextmanager
def lock_is_directory(project: Path) -> Iterator[None]:
    """The lock is a directory, which Git does not keep."""
    (project / ".batou-lock").mkdir()
    yield


@contextmanager
def work_is_file(project: Path) -> Iterator[None]:
    """``work`` is a file, which Git ignores."""
    (project / "work").write_text("")
    yield


@contextmanager
def work_of_component_is_file(project: Path) -> Iterator[None]:
    """The work directory of a component is a file."""
    (project / "work").mkdir()
    (project / "work" / "app").write_text("")
    yield


@contextmanager
def work_is_symlink_to_nothing(project: Path) -> Iterator[None]:
    """``work`` leads to a disk that is not mounted."""
    (project / "work").symlink_to("/nonexistent/disk")
    yield


@contextmanager
def project_is_symlink(project: Path) -> Iterator[None]:
    """The project is elsewhere, and what leads to it is a link."""
    elsewhere = project.with_name("elsewhere")
    project.rename(elsewhere)
    project.symlink_to(elsewhere)
    yield


CIRCUMSTANCES = {
    setting_up.__name__: setting_up
    for setting_up in (
        lock_held,
        lock_is_directory,
        work_is_file,
        work_of_component_is_file,
        work_is_symlink_to_nothing,
        project_is_symlink,
    )
}


def encrypt(project: Path, files: dict[str, str], keeps_identity: bool) -> None:
    """Write *files* encrypted for an identity that only this run knows."""
    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()
    for path, text in files.items():
        clear = text.replace("{recipient}", str(identity.to_public())).encode()
        (project / path).write_bytes(pyrage.encrypt(clear, [identity.to_public()]))
    if not keeps_identity:
        identity = pyrage.x25519.Identity.generate()
    (project / "identity.txt").write_text(f"{identity}\n")


def run(case: str, project: Path) -> str:
    """What batou prints in a copy of the case's project, and its exit code."""
    settings = tomllib.loads((BROKEN / case / "case.toml").read_text(encoding="utf-8"))
    project = project.with_name(settings.get("directory", project.name))
    shutil.copytree(BROKEN / case, project, symlinks=True)
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
    if "encrypted" in settings:
        encrypt(project, settings["encrypted"], settings.get("identity", False))
    is_json = "--format json" in settings["command"]
    with CIRCUMSTANCES.get(case, nothing)(project):
        done = subprocess.run(
            [sys.executable, "-m", "batou", *shlex.split(settings["command"])],
            cwd=project / settings.get("cwd", "."),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if is_json else subprocess.STDOUT,
            timeout=60,
        )
    printed = done.stdout.decode("utf-8", "backslashreplace")
    if done.stderr:
        printed += textwrap.indent(done.stderr.decode("utf-8", "backslashreplace"), "stderr: ")
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
    assert "Traceback (most recent call last)" not in printed or "debug" in case
    assert SECRET not in printed


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in CASES
        if "--format json" in (BROKEN / case / "case.toml").read_text(encoding="utf-8")
    ],
)
def test_a_failing_run_as_json_is_json_to_the_end(case: str) -> None:
    *lines, exit_code = (BROKEN / case / "expected.txt").read_text(encoding="utf-8").splitlines()

    events = [json.loads(line) for line in lines if not line.startswith("stderr: ")]

    assert [event["event"] for event in events][-1] == "finished"
    assert events[-1]["success"] is False
    assert f"exit code {events[-1]['exit_code']}" == exit_code
    assert "error" in [event.get("level") for event in events]


def test_no_case_succeeds_unless_it_says_so() -> None:
    """Most cases fail with 1 or 2; those that end well are about warnings."""
    codes = {
        case: (BROKEN / case / "expected.txt").read_text(encoding="utf-8").splitlines()[-1]
        for case in CASES
    }

    silent = [
        case
        for case, code in codes.items()
        if code == "exit code 0"
        and "WARNING: " not in (BROKEN / case / "expected.txt").read_text(encoding="utf-8")
    ]

    assert silent == []
    assert set(codes.values()) <= {f"exit code {code}" for code in (0, 1, 2, 103)}
    assert len(CASES) >= 300
