"""Stage zero: the one file that has to run on whatever Python a host has."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import batou.agent.stage0

SOURCE = Path(batou.agent.stage0.__file__)
OLDEST = (3, 8)

PROGRAM = """
import json, sys

class Channel:
    def __init__(self):
        self.requests = [{"do": "ping"}, {"do": "start", "path": []}]
    def send(self, message):
        print(json.dumps(message))
    def setcallback(self, callback, endmarker):
        for request in [*self.requests, endmarker]:
            callback(request)

source = open(sys.argv[1], encoding="utf-8").read().replace(*sys.argv[2:4])
exec(compile(source, "stage0", "exec"), {"__name__": "__channelexec__", "channel": Channel()})
"""


def test_it_is_written_for_the_oldest_python_that_it_may_meet():
    ast.parse(SOURCE.read_text(), feature_version=OLDEST)


def test_newer_syntax_would_be_noticed():
    with pytest.raises(SyntaxError):
        ast.parse("match x:\n    case 1: pass", feature_version=OLDEST)


def test_it_imports_the_standard_library_only_until_it_becomes_the_agent():
    tree = ast.parse(SOURCE.read_text())
    imported = {
        name.name.split(".")[0]
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([ast.alias(node.module)] if isinstance(node, ast.ImportFrom) else node.names)
    }
    own = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("batou")
    ]

    assert "batou" not in imported
    assert own == ["from batou.agent.serve import serve"]


def answers(python: str, old: str = "", new: str = "") -> list[dict]:
    """What stage zero says on *python*, with *old* in its source replaced by *new*."""
    printed = subprocess.run(
        [python, "-I", "-S", "-c", PROGRAM, str(SOURCE), old or "(never)", new],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    return [json.loads(line) for line in printed.splitlines()]


def test_an_old_python_tells_its_facts_and_refuses_to_become_the_agent():
    python = next(old_pythons(), None)
    if python is None:
        pytest.skip("no python3.8 here")

    pong, facts, refusal = answers(python)

    assert pong == {"say": "pong"}
    assert facts["python"][:2] == list(OLDEST)
    assert refusal["say"] == "refused"
    assert "too old" in refusal["why"]
    assert refusal["expected"] == "Python 3.10 or newer"


def test_any_python_refuses_what_it_is_too_old_for():
    *_, refusal = answers(sys.executable, "OLDEST = (3, 10)", "OLDEST = (9, 0)")

    assert refusal["say"] == "refused"
    assert refusal["why"].startswith("Python 3.")
    assert refusal["expected"] == "Python 9.0 or newer"


def old_pythons() -> Iterator[str]:
    """Interpreters of the oldest version that start; pyenv keeps some that are on no path."""
    found = [shutil.which("python3.8")]
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    with suppress(PermissionError):
        found += [str(path) for path in sorted(kept.glob("3.8.*/bin/python"))]
    for python in filter(None, found):
        started = subprocess.run([python, "-c", ""], capture_output=True, check=False)
        if started.returncode == 0:
            yield python
