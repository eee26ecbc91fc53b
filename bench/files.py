"""200 templated files: the first run, and the second, which changes nothing."""

import shutil
import sys
import tempfile
from pathlib import Path

from bench.measure import Figure, figure, floor, row, run
from bench.projects import write_files_project

BATOU = [sys.executable, "-m", "batou"]


def main(runs: int = 5) -> bool:
    """Print the figures; whether the bars are reached."""
    below = floor(runs)
    print(row("floor: python -c pass", below, below))
    with tempfile.TemporaryDirectory() as directory:
        one, many = Path(directory) / "one", Path(directory) / "many"
        write_files_project(one, 1)
        write_files_project(many, 200)
        first = first_runs(many, runs)
        second = figure([*BATOU, "deploy", "bench"], many, runs)
        start = figure([*BATOU, "deploy", "bench"], one, runs)
    print(row("deploy 1 file again", start, below))
    print(row("deploy 200 files, first time", first, below))
    print(row("deploy 200 files again", second, below))
    above = second.median - start.median
    print(f"200 files again, above 1 file: {above:.3f} s; bar 0.300 s above process start")
    return above < 0.300


def first_runs(project: Path, runs: int) -> Figure:
    """Deploy into nothing, several times."""
    results = []
    for _ in range(runs):
        shutil.rmtree(project / "work", ignore_errors=True)
        results.append(run([*BATOU, "deploy", "bench"], project))
    return Figure(tuple(seconds for seconds, _ in results), max(peak for _, peak in results))


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
