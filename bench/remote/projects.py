"""The work that is measured, as a project of batou."""

import random
import shutil
from pathlib import Path

from bench.projects import FILES
from bench.remote.hosts import Hosts

NOTHING = """
from batou.component import Component


class Nothing(Component):
    pass
"""


def write_project(directory: Path, hosts: Hosts, component: str, source: str) -> None:
    """A project in which each of *hosts* has *component*."""
    folder = directory / "components" / component
    folder.mkdir(parents=True)
    (folder / "component.py").write_text(source)
    folder = directory / "environments" / "bench"
    folder.mkdir(parents=True)
    lines = ["[environment]", "connect_method = ssh", "target_directory = ~/deployment", "[hosts]"]
    lines += [f"{name} = {component}" for name in hosts.names]
    (folder / "environment.cfg").write_text("\n".join(lines) + "\n")
    shutil.copy(hosts.ssh_config, directory / "ssh_config")


def write_files(directory: Path, hosts: Hosts, files: int) -> None:
    """*files* templated files on each host."""
    write_project(directory, hosts, "files", FILES.format(files=files))


def write_many(directory: Path, hosts: Hosts, files: int, size: int) -> None:
    """A project of so many files with so many bytes in all, which cannot be compressed."""
    write_project(directory, hosts, "nothing", NOTHING)
    dice = random.Random(1)
    for number in range(files):
        file = directory / "data" / f"{number % 40:02}" / f"{number}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(dice.randbytes(size // files))


def write_large(directory: Path, hosts: Hosts, size: int) -> None:
    """A project with one file of *size* bytes."""
    write_project(directory, hosts, "nothing", NOTHING)
    dice = random.Random(1)
    with (directory / "large.bin").open("wb") as file:
        for _ in range(size >> 20):
            file.write(dice.randbytes(1 << 20))
