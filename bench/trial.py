"""How long `batou test` takes with warm images: deploy, deploy again, five assertions."""

import sys
import tempfile
from pathlib import Path

from batou.testing.engine import find_engine
from batou.testing.errors import NoEngine
from bench.measure import figure, floor, row

BATOU = [sys.executable, "-m", "batou"]

COMPONENT = """\
from batou.component import Component
from batou.lib.file import File


class App(Component):
    def configure(self):
        for name in ("a", "b", "c", "d", "e"):
            self += File(name, content="{{host.name}}")
"""

TESTS = """\
import pytest


@pytest.mark.parametrize("name", ["a", "b", "c", "d", "e"])
def test_file(deployed, name):
    host = deployed.hosts["host0"]
    assert host.file(f"{host.batou.workdir('app')}/{name}").content_string == "host0"
"""

SETTINGS = """\
[pytest]
addopts = -p no:hypothesispytest -p no:xdist
"""
"""Projects have none of the plugins of whoever develops batou; they take a second to load."""

BARS = {1: 6.0, 3: 10.0}
"""Seconds that a test of so many hosts may take."""


def write_project(place: Path, hosts: int) -> None:
    """A project with one component on each of *hosts*, and tests."""
    lines = "".join(f"host{number} = app\n" for number in range(hosts))
    files = {
        "components/app/component.py": COMPONENT,
        "environments/dev/environment.cfg": (f"[environment]\nplatform = ubuntu\n[hosts]\n{lines}"),
        "tests/test_app.py": TESTS,
        "pytest.ini": SETTINGS,
    }
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main(runs: int = 2) -> bool:
    """Print the figures; whether the bars are reached, or there is no engine to try it."""
    try:
        find_engine()
    except NoEngine as error:
        print(f"not measured: {error.summary()}")
        return True
    below, is_quick = floor(runs), True
    for hosts, bar in BARS.items():
        with tempfile.TemporaryDirectory() as directory:
            write_project(Path(directory), hosts)
            measured = figure([*BATOU, "test", "dev"], Path(directory), runs)
        name = f"batou test, {hosts} host{'s' if hosts > 1 else ''}"
        print(row(name, measured, below, f"bar {bar:.0f} s"))
        is_quick = is_quick and measured.median < bar
    return is_quick


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
