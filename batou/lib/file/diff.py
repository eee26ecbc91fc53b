"""Show what changes in a file, and never a secret."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from batou.report import output
from batou.report.encodings import SHORTEST

LARGEST = 1 << 20
"""Bytes up to which a text is compared line by line; beyond that it takes too long."""

_LOGS_KEPT = 20


@dataclass(frozen=True)
class DiffPolicy:
    """How much of a change may be seen.

    *sensitive* is True: nothing; False: everything; None: nothing if one of
    *secrets* occurs. A diff of more than *limit* lines is cut to *lead* lines at
    both ends; all of it is then kept in *log_directory*, if that is given and
    nothing in it is secret.
    """

    sensitive: bool | None
    secrets: Iterable[str] = ()
    limit: int = 200
    lead: int = 50
    log_directory: str | None = None


def contains_secret(text: str, secrets: Iterable[str]) -> bool:
    """Whether one of *secrets* occurs anywhere in *text*; those below 4 characters do not count.

    >>> contains_secret("mysql://app:hunter2@db", {"hunter2"})
    True
    """
    return any(secret in text for raw in secrets if len(secret := raw.strip()) >= SHORTEST)


def diff_lines(old: str, new: str) -> Iterator[str]:
    """A unified diff without file names; lines of blanks only are left out.

    >>> list(diff_lines("a\\n", "b\\n"))
    ['--- ', '+++ ', '@@ -1 +1 @@', '-a', '+b']
    """
    import difflib

    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm=""):
        if line.strip():
            yield line


def show_difference(
    path: str, old: bytes, new: bytes, encoding: str | None, policy: DiffPolicy
) -> None:
    """Print how the file *path* changes, or why that is not shown."""
    name = os.path.basename(path)
    if policy.sensitive:
        output.annotate(f"  {name} is sensitive, its diff is not shown", red=True)
    elif not encoding:
        output.annotate(f"  {name} is binary, its diff is not shown", yellow=True)
    elif max(len(old), len(new)) > LARGEST:
        output.annotate(f"  {name} is too large to show its diff", yellow=True)
    else:
        texts = (old.decode(encoding, "replace"), new.decode(encoding, "replace"))
        _show_texts(name, *texts, policy)


def _show_texts(name: str, old: str, new: str, policy: DiffPolicy) -> None:
    secret = contains_secret(old, policy.secrets) or contains_secret(new, policy.secrets)
    if secret and policy.sensitive is None:
        output.annotate(
            f"  {name} contains a secret, its diff is not shown (sensitive_data=False shows it)",
            red=True,
        )
        return
    lines, is_cut, log = limited_buffer(
        diff_lines(old, new),
        policy.limit,
        policy.lead,
        logdir=None if secret else policy.log_directory,
    )
    if is_cut:
        where = f", all of them are in {log!r}" if log else ""
        output.annotate(f"  {name} changes in more than {policy.limit} lines{where}", yellow=True)
    for line in lines:
        output.annotate(f"  {name} {line}", red=line.startswith("-"), green=line.startswith("+"))


def limited_buffer(
    iterator: Iterable[str],
    limit: int,
    lead: int,
    separator: str = "...",
    logdir: str | None = "/tmp",
) -> tuple[list[str], bool, str | None]:
    """The lines, or if they exceed *limit* the first and the last *lead* of them.

    Returns (lines, whether they were cut, name of the file in *logdir* that has
    all of them). There is such a file only if lines were cut and *logdir* is
    given. It is closed to others, and the newest 20 are kept.

    >>> limited_buffer("abcde", limit=3, lead=1, logdir=None)
    (['a', '...', 'e'], True, None)
    """
    lines = list(iterator)
    if len(lines) <= limit:
        return lines, False, None
    log = _write_log(lines, logdir) if logdir else None
    return [*lines[:lead], separator, *lines[len(lines) - lead :]], True, log


def _write_log(lines: list[str], directory: str) -> str | None:
    """The name of the new log, or None if there is no place for one."""
    import tempfile

    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        descriptor, path = tempfile.mkstemp(suffix=".diff", dir=directory)
        with open(descriptor, "w", encoding="utf-8", errors="replace") as log:
            log.writelines(f"{line}\n" for line in lines)
        _keep_newest(directory)
    except OSError:
        return None
    return path


def _keep_newest(directory: str) -> None:
    with os.scandir(directory) as entries:
        logs = [entry for entry in entries if entry.name.endswith(".diff")]
    logs.sort(key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    for entry in logs[_LOGS_KEPT:]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(entry.path)
