"""Configuring 1, 10, 100 and 300 hosts with 50 components each: time, memory, linear or not."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import own_peak
from bench.projects import write_project

COMPONENTS = 50


def main(sizes: tuple[int, ...] = (1, 10, 100, 300)) -> bool:
    """Print the figures; whether the bars are reached."""
    good, costs = True, {}
    for hosts in sizes:
        with tempfile.TemporaryDirectory() as directory:
            write_project(Path(directory), hosts, COMPONENTS)
            seconds, peak = measured(Path(directory))
        costs[hosts] = seconds / hosts
        bar = "bar 10 s, 500 MB" if hosts == 300 else ""
        print(
            f"{hosts:>4} hosts x {COMPONENTS} components: configured in {seconds:7.3f} s, "
            f"{1000 * costs[hosts]:6.2f} ms a host, peak {peak:5.0f} MB  {bar}"
        )
        good = good and (hosts < 300 or (seconds < 10 and peak < 500))
    if 10 in costs and 300 in costs:
        ratio = costs[300] / costs[10]
        print(f"cost of a host among 300, against among 10: {ratio:.2f}x; linear is 1, bar 1.6")
        good = good and ratio < 1.6
    return good


def measured(project: Path) -> tuple[float, float]:
    """Seconds and peak MB of configuring *project*, in a process of its own."""
    printed = subprocess.run(
        [sys.executable, "-m", "bench.model", str(project)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    seconds, peak = printed.split()[-2:]
    return float(seconds), float(peak)


def configure(project: str) -> None:
    """Load and configure; print seconds of configuring and peak MB."""
    from batou.environment import Environment

    os.chdir(project)
    environment = Environment("bench")
    environment._writes = False
    environment.load()
    start = time.perf_counter()
    errors = environment.configure()
    seconds = time.perf_counter() - start
    assert not errors, errors
    print(seconds, own_peak())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        configure(sys.argv[1])
    else:
        sys.exit(0 if main() else 1)
