"""What is measured, each beside its floor and its bar."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.remote import peers, projects
from bench.remote.hosts import Hosts
from bench.remote.memory import watching
from bench.remote.taking import batou, login, median, row, tar


@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    hosts: tuple[int, ...] = (1, 5, 10, 20)
    hosts_at_first: tuple[int, ...] = (1, 10)
    files: int = 200
    many: int = 2000
    many_bytes: int = 50 << 20
    runs: int = 5


@contextmanager
def scene(count: int, delay: float) -> Iterator[tuple[Hosts, Path]]:
    """*count* hosts, and an empty directory for a project."""
    with tempfile.TemporaryDirectory(prefix="batou-bench-") as directory, Hosts(count, delay) as h:
        yield h, Path(directory, "project")


def nothing_changed(scale: Scale, delay: float, with_peers: bool) -> bool:
    """Deploy once more what is there already."""
    good = True
    for count in scale.hosts:
        with scene(count, delay) as (hosts, project):
            projects.write_files(project, hosts, scale.files)
            floor = login(hosts, scale.runs)
            batou(project, hosts)
            again = median(lambda: batou(project, hosts), scale.runs)
            hosts_are = f"{count} host{'s' if count > 1 else ''}"
            print(row(f"floor: {hosts_are}, ssh and python", floor, floor))
            print(row(f"{hosts_are}, {scale.files} files, nothing changed", again, floor, "bar 2x"))
            if with_peers:
                peers.compare(hosts, project, scale.files, floor, first=False)
            extra = (again.to_host - floor.to_host) / 1024
            print(f"  beyond login: {extra:.1f} KiB to a host, bar 20; ", end="")
            print(f"{max(0, again.turns - floor.turns)} turns, bar 4")
            good = good and again.seconds <= 2 * floor.seconds and extra <= 20
            good = good and again.turns - floor.turns <= 4
    return good


def first_files(scale: Scale, delay: float, with_peers: bool) -> bool:
    """The first deployment of templated files, as if the hosts were new."""
    good = True
    for count in scale.hosts_at_first:
        with scene(count, delay) as (hosts, project):
            projects.write_files(project, hosts, scale.files)
            batou(project, hosts)
            made = hosts.home(hosts.names[0]) / "deployment"
            with tempfile.TemporaryDirectory() as kept:
                made.rename(Path(kept, "made"))
                floor = tar(hosts, Path(kept, "made"), scale.runs, hosts.clean)

                def first(hosts: Hosts = hosts, project: Path = project) -> object:
                    hosts.clean()
                    return batou(project, hosts)

                taken = median(first, scale.runs)  # type: ignore[arg-type]
            print(row(f"floor: {count} hosts, tar over ssh of all of it", floor, floor))
            print(row(f"{count} hosts, {scale.files} files, first time", taken, floor, "bar 2x"))
            if with_peers:
                peers.compare(hosts, project, scale.files, floor, first=True)
            good = good and taken.seconds <= 2 * floor.seconds
    return good


def one_of_many(scale: Scale, delay: float) -> bool:
    """A project of many files: the first ship, nothing changed, one file changed."""
    with scene(1, delay) as (hosts, project):
        projects.write_many(project, hosts, scale.many, scale.many_bytes)
        floor = tar(hosts, project, scale.runs, hosts.clean)
        hosts.clean()
        taken = batou(project, hosts)
        again = median(lambda: batou(project, hosts), scale.runs)
        size = scale.many_bytes // scale.many
        file = project / "data" / "07" / "7.bin"
        file.write_bytes(bytes(reversed(file.read_bytes())))
        changed = batou(project, hosts)
    sent = changed.to_host - again.to_host
    print(row("floor: tar over ssh of the project", floor, floor))
    print(row(f"{scale.many} files, {scale.many_bytes >> 20} MiB, first time", taken, floor))
    print(row("the same, nothing changed", again, floor))
    print(row("the same, one file changed", changed, floor))
    print(f"  one changed file of {size / 1024:.1f} KiB sent {sent / 1024:.1f} KiB, bar 2x")
    return sent <= 2 * size


def large(size: int) -> bool:
    """A bundle so large that it would show in memory."""
    with scene(1, 0.0) as (hosts, project):
        projects.write_large(project, hosts, size)
        with watching(hosts.process.pid) as peak:
            taken = batou(project, hosts)
    print(f"a bundle of {size >> 20} MiB: {taken.seconds:.1f} s, peak memory ", end="")
    print(f"here {taken.peak:.0f} MB, on the host {peak.megabytes:.0f} MB; bar 150 MB")
    return taken.peak < 150 and peak.megabytes < 150
