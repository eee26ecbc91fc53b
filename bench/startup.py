"""How long ``batou --help`` and ``batou check`` take."""

import sys
import tempfile
from pathlib import Path

from bench.measure import figure, floor, row
from bench.projects import write_project

BATOU = [sys.executable, "-m", "batou"]


def main(runs: int = 7) -> bool:
    """Print the figures; whether the bars are reached."""
    below = floor(runs)
    print(row("floor: python -c pass", below, below))
    shown = figure([*BATOU, "--help"], runs=runs)
    print(row("batou --help", shown, below, "bar 0.150 s"))
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        write_project(project, hosts=1, components=1)
        checked = figure([*BATOU, "check", "bench"], project, runs)
    print(row("batou check, 1 host, 1 component", checked, below))
    return shown.median < 0.150


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
