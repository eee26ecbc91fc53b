"""What happened on this host: one JSON line per event that matters, kept across runs.

A root that has begun and was not finished still *owes* what follows from its changes: the
restart after a file was written. The next run learns from here which components changed in
the meantime; see `batou.agent.owed`.

Lines are appended without a buffer, so they survive the death of this process. The first
change of a root and what ends a root are forced to the disk (fsync); should the power fail in
between, nobody knows which lines are lost, and then all components of the root count as changed.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from time import strftime
from typing import Any

from batou.errors import DeploymentError

EVERYTHING = "*"
"""Stands for all components of a root."""

LARGEST = 64 * 1024
"""Bytes from which on a journal is rewritten, at the begin of a run, to what still counts."""

LONGEST_LINE = 4096


@dataclass
class History:
    """What a journal says: the last run, and the changes that each unfinished root owes."""

    run: dict[str, Any] = field(default_factory=dict)
    is_settled: bool = True
    owed: dict[str, set[str]] = field(default_factory=dict)
    _of_root: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[str], boot: str = "") -> "History":
        """The history in *lines*; *boot* is the boot that the machine is in now.

        Lines that are damaged are left out.
        """
        history = cls()
        for event in events_of(lines):
            history._take(event, boot)
        history._end_run(boot)
        return history

    def _take(self, event: dict[str, Any], boot: str) -> None:
        kind, root = event.get("event"), str(event.get("root"))
        if kind == "run":
            self._end_run(boot)
            self.run, self.is_settled = event, False
        elif kind == "changed":
            self.owed.setdefault(root, set()).add(str(event.get("component")))
            self._of_root[root] = self.owed[root]
        elif kind == "done":
            self.owed.pop(root, None)
            self._of_root.pop(root, None)
        elif kind in ("failed", "interrupted"):
            self._of_root.pop(root, None)  # these are on the disk, and all lines before them
        elif kind == "settled":
            self.is_settled = True

    def _end_run(self, boot: str) -> None:
        """Of roots that were in hand when the machine went down, lines may be lost."""
        before = self.run.get("boot")
        if boot and before and before != boot:
            for owed in self._of_root.values():
                owed.add(EVERYTHING)
        self._of_root = {}

    def to_lines(self, roots: Iterable[str]) -> list[str]:
        """The least that says the same about *roots*; what others owe is forgotten."""
        kept = {**self.run, "event": "run"}
        lines = [line_of(kept)] if self.run else []
        for root in sorted(set(roots) & set(self.owed)):
            for component in sorted(self.owed[root]):
                lines.append(line_of({"event": "changed", "root": root, "component": component}))
            lines.append(line_of({"event": "failed", "root": root}))
        return lines


class Journal:
    """The journal in the file *path*, of the run that is going on; the caller holds the lock.

    Raises DeploymentError if it cannot be written.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: int | None = None
        self._changed: set[str] = set()
        self._unfinished: set[str] = set()

    def read(self) -> History:
        """What the journal says; nothing if there is none."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                return History.of(file, boot_id())
        except OSError:
            return History()

    def begin(self, roots: Iterable[str], **facts: Any) -> History:
        """Begin a run over a host with *roots*; returns what was before."""
        history = self.read()
        try:
            self._open()
            self._shorten(history, roots)
        except OSError as error:
            raise JournalFailed(self.path, error) from error
        self._write("run", boot=boot_id(), at=strftime("%Y-%m-%d %H:%M:%S %z"), **facts)
        return history

    def _open(self) -> None:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(self.path, flags, 0o600)
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")  # the last line was cut off

    def _shorten(self, history: History, roots: Iterable[str]) -> None:
        assert self._file is not None
        if os.fstat(self._file).st_size < LARGEST:
            return
        temporary = self.path + ".new"
        with suppress(FileNotFoundError):
            os.remove(temporary)
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(file, "w", encoding="utf-8") as shorter:
                shorter.writelines(history.to_lines(roots))
                shorter.flush()
                os.fsync(shorter.fileno())
            os.rename(temporary, self.path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.remove(temporary)
            raise
        os.close(self._file)
        self._open()

    # What happens

    def root_begins(self, root: str) -> None:
        """*root* is taken in hand."""
        self._unfinished.add(root)
        self._write("root", root=root)

    def changes(self, root: str, component: str) -> None:
        """*component* of *root* is about to be changed."""
        is_first = root not in self._changed
        self._changed.add(root)
        self._write("changed", root=root, component=component)
        if is_first:
            self._sync()

    def root_ends(self, root: str, event: str, had_owed: bool = False) -> None:
        """*root* is ``done``, ``failed`` or ``interrupted``."""
        self._write(event, root=root)
        if event == "done":
            self._unfinished.discard(root)
        if root in self._changed or had_owed or event != "done":
            self._sync()

    def end(self) -> None:
        """The run is over; it is settled if every root that was begun is done."""
        if self._file is None:
            return
        if not self._unfinished:
            with suppress(DeploymentError):
                self._write("settled")
                if self._changed:
                    self._sync()
        os.close(self._file)
        self._file = None

    def _write(self, event: str, **facts: Any) -> None:
        if self._file is None:
            return
        try:
            data = line_of({"event": event, **facts}).encode("utf-8", "replace")
            if os.write(self._file, data) < len(data):
                raise OSError(28, os.strerror(28))
        except OSError as error:
            raise JournalFailed(self.path, error) from error

    def _sync(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # some file systems cannot
                os.fsync(self._file)


class JournalFailed(DeploymentError):
    """A host cannot write down what it changes, so it does not change it."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(path, error)
        self.path, self.why = path, error.strerror or str(error)

    def summary(self) -> str:
        return f"the journal {self.path!r} cannot be written: {self.why}"

    def hint(self) -> str | None:
        return "make room, or let this user write there; nothing is changed without it"


def line_of(event: dict[str, Any]) -> str:
    """*event* as a line; texts that are very long are cut."""
    line = json.dumps(event, sort_keys=True)
    if len(line) > LONGEST_LINE:
        texts = {key: value[:400] for key, value in event.items() if isinstance(value, str)}
        line = json.dumps(texts, sort_keys=True)
    return line + "\n"


def events_of(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The events in *lines*, without those that are damaged."""
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def boot_id() -> str:
    """What tells this boot of the machine from others; empty where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
