"""Take the time of commands: batou's, and those of the floor."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.remote.hosts import Hosts


@dataclass(frozen=True)
class Taken:
    """Seconds, CPU seconds and peak MB of the controller, bytes and turns of the busiest wire."""

    seconds: float
    cpu: float = 0.0
    peak: float = 0.0
    to_host: int = 0
    from_host: int = 0
    turns: int = 0


def batou(project: Path, hosts: Hosts) -> Taken:
    """A deployment of *project*; raises CalledProcessError if it fails."""
    env = {**os.environ, "APPENV_BASEDIR": str(project), "CI": "1"}
    return command([sys.executable, "-m", "batou", "deploy", "bench"], hosts, project, env)


def command(
    words: Sequence[str], hosts: Hosts, cwd: Path | None = None, env: dict[str, str] | None = None
) -> Taken:
    """One process; what it starts and waits for counts."""
    hosts.wires.reset()
    start = time.perf_counter()
    with tempfile.TemporaryFile() as printed:  # a pipe would stay open with ssh's masters
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        printed.seek(0)
        answer = printed.read().decode("utf-8", "replace")
    if process.returncode:
        sys.stdout.write(answer[-2000:])
        raise subprocess.CalledProcessError(process.returncode, list(words))
    return _taken(seconds, hosts, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def at_once(hosts: Hosts, words: Callable[[str], list[str]]) -> Taken:
    """A command for each host, all at once: what has to be paid in any case."""
    hosts.wires.reset()
    start = time.perf_counter()
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    running = [subprocess.Popen(words(name), **quiet) for name in hosts.names]  # type: ignore[call-overload]
    codes = [process.wait() for process in running]
    if any(codes):
        raise subprocess.CalledProcessError(max(codes), words(hosts.names[0]))
    return _taken(time.perf_counter() - start, hosts)


def _taken(seconds: float, hosts: Hosts, cpu: float = 0.0, peak: float = 0.0) -> Taken:
    counts = hosts.wires.counts
    return Taken(
        seconds,
        cpu,
        peak,
        max(count.to_host for count in counts),
        max(count.from_host for count in counts),
        max(count.turns for count in counts),
    )


def login(hosts: Hosts, runs: int) -> Taken:
    """The floor: ssh to each host, and start Python there."""
    config = str(hosts.ssh_config)
    return median(
        lambda: at_once(hosts, lambda name: ["ssh", "-F", config, name, "python3 -I -S -c ''"]),
        runs,
    )


def tar(hosts: Hosts, directory: Path, runs: int, clean: Callable[[], None]) -> Taken:
    """The floor: tar over ssh of *directory* to each host."""
    config = hosts.ssh_config

    def once() -> Taken:
        clean()
        pipe = f"tar -C {directory} -cf - . | ssh -F {config} $0 'mkdir -p d && tar -C d -xf -'"
        return at_once(hosts, lambda name: ["sh", "-c", pipe, name])

    return median(once, runs)


def median(take: Callable[[], Taken], runs: int) -> Taken:
    """That of *runs* takes which took the median time."""
    taken = sorted((take() for _ in range(runs)), key=lambda one: one.seconds)
    middle = statistics.median_low([one.seconds for one in taken])
    return next(one for one in taken if one.seconds == middle)


def row(name: str, taken: Taken, floor: Taken, bar: str = "") -> str:
    """A line of a table; bytes and turns beyond those of the floor's login."""
    return (
        f"{name:<44} {taken.seconds:7.3f} s {taken.seconds / floor.seconds:5.1f}x floor "
        f"{taken.cpu:6.2f} s CPU {taken.peak:5.0f} MB "
        f"{taken.to_host / 1024:9.1f} KiB out {taken.from_host / 1024:7.1f} KiB in "
        f"{taken.turns:4} turns  {bar}".rstrip()
    )
