"""What runs have made on the engine, and what of it nobody owns any more."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from batou.testing.engine import Engine, at_once
from batou.testing.errors import EngineFailed

RUN = "batou.run"
HOST = "batou.host"
OWNER = "batou.owner"
KEPT = "batou.kept"
"""Labels of containers and networks: their run, their host, its process, and if it lets go."""


@dataclass(frozen=True)
class Owner:
    """A process, so that it cannot be taken for a later one with the same number."""

    boot: str
    namespace: str
    pid: int
    start: str

    @classmethod
    def here(cls) -> "Owner":
        """This process."""
        return cls(_boot(), _namespace(), os.getpid(), _start(os.getpid()))

    @classmethod
    def parse(cls, text: str) -> "Owner | None":
        """What `str` has made, or None."""
        parts = text.split("/")
        if len(parts) != 4 or not parts[2].isdigit():
            return None
        return cls(parts[0], parts[1], int(parts[2]), parts[3])

    def __str__(self) -> str:
        return f"{self.boot}/{self.namespace}/{self.pid}/{self.start}"

    @property
    def is_gone(self) -> bool:
        """Whether the process has surely ended; processes of other machines are not known."""
        if self.boot != _boot() or self.namespace != _namespace():
            return False
        return _start(self.pid) != self.start


def _boot() -> str:
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()
    return os.uname().nodename.replace("/", "-")


def _namespace() -> str:
    with suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return ""


def _start(pid: int) -> str:
    """When a process began, in ticks since boot; empty if there is none."""
    with suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        state, *fields = file.read().rpartition(")")[2].split()
        return "" if state in "XZ" else fields[18]
    if os.path.exists("/proc/self/stat"):
        return ""
    with suppress(OSError):
        os.kill(pid, 0)
        return "?"
    return ""


@dataclass(frozen=True)
class Thing:
    """A container or network of a run."""

    kind: str
    id: str
    name: str
    run: str
    host: str
    owner: Owner | None
    is_kept: bool

    def is_left_over(self, kept: bool = False) -> bool:
        """Whether its run has ended, and was not told to keep it unless *kept*."""
        return (kept or not self.is_kept) and self.owner is not None and self.owner.is_gone


def things(engine: Engine, run: str | None = None) -> list[Thing]:
    """The containers, then the networks, of one run or of all."""
    label = f"{RUN}={run}" if run else RUN
    kinds = "container", "network"
    answers = at_once(partial(engine.labelled, kind, label) for kind in kinds)
    found = []
    for kind, answer in zip(kinds, answers, strict=True):
        for known in answer:
            labels = known["Config"]["Labels"] if kind == "container" else _labels(known)
            found.append(
                Thing(
                    kind=kind,
                    id=str(known.get("Id") or known.get("id") or known.get("Name")),
                    name=str(known.get("Name") or known.get("name")).lstrip("/"),
                    run=labels.get(RUN, ""),
                    host=labels.get(HOST, ""),
                    owner=Owner.parse(labels.get(OWNER, "")),
                    is_kept=KEPT in labels,
                )
            )
    return found


def _labels(network: dict[str, dict[str, str]]) -> dict[str, str]:
    return network.get("Labels") or network.get("labels") or {}


def remove(engine: Engine, going: Iterable[Thing]) -> list[str]:
    """Remove containers with their volumes, then networks; returns the names of what went."""
    going = list(going)
    removed = []
    for kind, words in (("container", ["rm", "-f", "-v"]), ("network", ["network", "rm"])):
        names = [thing.name for thing in going if thing.kind == kind]
        answers = at_once(partial(_remove, engine, [*words, name]) for name in names)
        removed += [name for name, done in zip(names, answers, strict=True) if done]
    return removed


def _remove(engine: Engine, words: list[str]) -> bool:
    try:
        engine.call(*words)
    except EngineFailed:
        return False  # it went meanwhile, or the engine keeps it: the next run tries again
    return True


def sweep(engine: Engine, kept: bool = False) -> list[str]:
    """Remove what runs have left that were killed; returns the names of what went.

    With *kept* also what ended runs were told to keep.
    """
    return remove(engine, [thing for thing in things(engine) if thing.is_left_over(kept)])
