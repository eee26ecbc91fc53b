"""Time whole processes: several runs, medians, and the floor beside them."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """Wall seconds of several runs, and the largest peak memory of one in MB."""

    seconds: tuple[float, ...]
    peak: float

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> str:
        """The fastest and the slowest run."""
        return f"{min(self.seconds):.3f}-{max(self.seconds):.3f}"


def run(command: Sequence[str], cwd: Path | None = None) -> tuple[float, float]:
    """Wall seconds and peak MB of one process; raises CalledProcessError if it fails."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.stdout.buffer.write(printed)
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def figure(command: Sequence[str], cwd: Path | None = None, runs: int = 5) -> Figure:
    """The figure of *command*, after one run that does not count."""
    run(command, cwd)
    results = [run(command, cwd) for _ in range(runs)]
    return Figure(tuple(seconds for seconds, _ in results), max(peak for _, peak in results))


def floor(runs: int = 5) -> Figure:
    """What starting this Python costs, doing nothing."""
    return figure([sys.executable, "-c", "pass"], runs=runs)


def own_peak() -> float:
    """Peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def row(name: str, measured: Figure, below: Figure, bar: str = "") -> str:
    """A line of a table: median, spread, ratio to the floor, memory, and the bar to reach."""
    ratio = measured.median / below.median
    return (
        f"{name:<42} {measured.median:8.3f} s ({measured.spread}) "
        f"{ratio:6.1f}x floor {measured.peak:6.0f} MB  {bar}"
    )
