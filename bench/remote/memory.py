"""Peak memory of what an sshd has started, as the kernel tells it."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Peak:
    """The largest peak of one process so far."""

    megabytes: float = 0.0


@contextmanager
def watching(server: int) -> Iterator[Peak]:
    """Look at the Python processes below process *server* again and again, until the end."""
    peak, over = Peak(), threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for process in below(server):
                peak.megabytes = max(peak.megabytes, high_water(process))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def below(process: int) -> Iterator[int]:
    """The processes that *process* has started, and those that they have."""
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for child in map(int, children):
            yield child
            yield from below(child)


def high_water(process: int) -> float:
    """Peak MB of *process* if it is a Python; 0 otherwise, or if it has ended."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text()
        values = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if values["Name"].strip().startswith("python") and "VmHWM" in values:
            return int(values["VmHWM"].split()[0]) / 1024
    return 0.0
