"""Every project in examples/ deploys, and the second time nothing changes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ENVIRONMENTS = sorted(EXAMPLES.glob("*/environments/*/environment.cfg"))


def deploy(project: Path, environment: str) -> list[str]:
    """Deploy and return the outcomes of all roots."""
    done = subprocess.run(
        [sys.executable, "-m", "batou", "deploy", environment, "--format", "json"],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [event["outcome"] for event in events if event["event"] == "root"]


@pytest.mark.parametrize(
    "config", ENVIRONMENTS, ids=lambda path: f"{path.parts[-4]}-{path.parts[-2]}"
)
def test_an_example_deploys_twice_and_changes_something_only_once(config, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(config.parents[2], project, ignore=shutil.ignore_patterns("work", ".batou*"))

    first = deploy(project, config.parent.name)
    second = deploy(project, config.parent.name)

    assert set(first) == {"updated"}
    assert set(second) == {"unchanged"}


@pytest.mark.parametrize(
    "tests", sorted(EXAMPLES.glob("*/tests")), ids=lambda path: path.parent.name
)
def test_the_tests_of_an_example_pass(tests):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "."],
        cwd=tests,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    assert done.returncode == 0, done.stdout


def test_every_example_has_an_environment():
    assert {path.parts[-4] for path in ENVIRONMENTS} == {
        path.name for path in EXAMPLES.iterdir() if path.is_dir()
    }
