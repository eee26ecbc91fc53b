"""`SyncDirectory`: a directory contains what another one does."""

import errno
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from batou.errors import ComponentUsageError, UpdateNeeded
from batou.lib.file.base import FileComponent
from batou.lib.file.places import make_directory, what_is_there
from batou.lib.file.rsync import rules_of, run_rsync
from batou.lib.file.tree import Rules, apply, changes


class SyncDirectory(FileComponent):
    """A directory with the files, links and directories of *source*.

    Files are compared by content. What *source* lacks stays, unless the options
    say ``--delete``; modes count only with ``-p`` or ``-a``. *exclude* takes
    rsync's patterns. *verify_opts* and *sync_opts* are options of rsync(1): the
    common ones need no rsync on the host, others run it.
    """

    source: Any = None
    exclude: Sequence[str] = ()
    verify_opts: str = "-rclnv"
    sync_opts: str = "--inplace -lr"

    def configure(self) -> None:
        super().configure()
        if self.source is None:
            raise ComponentUsageError.from_context(
                f"SyncDirectory({self.original_path!r}) needs a source"
            )
        self.source = os.path.normpath(os.path.join(self.defdir, self.source))
        self.exclude = (self.exclude,) if isinstance(self.exclude, str) else tuple(self.exclude)

    def verify(self, predicting: bool = False) -> None:
        if not os.path.isdir(self.path):
            raise UpdateNeeded(what_is_there(self.path, "a directory"))
        if not os.path.isdir(self.source):
            self._source_is_missing(predicting)
        if found := self._changes():
            raise UpdateNeeded(_summary(found))

    def _source_is_missing(self, predicting: bool) -> None:
        if predicting:
            raise UpdateNeeded(f"its source {self.source!r} does not exist yet")
        reason = f"the directory that {self.path!r} is copied from does not exist"
        raise FileNotFoundError(errno.ENOENT, reason, self.source)

    def _rules(self) -> tuple[Rules, Rules] | None:
        """The rules for verify and for update; None if rsync has to do it."""
        verify = rules_of(self.verify_opts, self.exclude)
        update = rules_of(self.sync_opts, self.exclude)
        if verify is None or update is None:
            return None
        # What verify finds by content, update must not overlook for having the same time.
        return verify, replace(update, checksum=update.checksum or verify.checksum)

    def _changes(self) -> list[str]:
        rules = self._rules()
        if rules is None:
            return run_rsync(self.verify_opts, self.exclude, self.source, self.path, dry_run=True)
        return [change.path or "." for change in changes(self.source, self.path, rules[0])]

    def update(self) -> None:
        if not os.path.isdir(self.path):
            make_directory(self.path, leading=self.leading, private=self._is_private)
        rules = self._rules()
        if rules is None:
            run_rsync(self.sync_opts, self.exclude, self.source, self.path)
            return
        wanted = list(changes(self.source, self.path, rules[1]))
        apply(wanted, self.source, self.path, rules[1])


def _summary(found: Iterable[str]) -> str:
    """What differs, in short.

    >>> _summary(["a", "b", "c", "d"])
    "4 entries differ: 'a', 'b', 'c', …"
    """
    paths = list(found)
    count = "1 entry differs" if len(paths) == 1 else f"{len(paths)} entries differ"
    shown = ", ".join(repr(path) for path in paths[:3])
    return f"{count}: {shown}" + (", …" if len(paths) > 3 else "")
