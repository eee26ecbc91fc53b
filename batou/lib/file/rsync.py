"""Options of rsync(1): those we follow ourselves, and rsync itself for the others."""

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from batou.errors import ConfigurationError
from batou.lib.file.patterns import excluder
from batou.lib.file.tree import Rules
from batou.process import cmd

_LETTERS = {
    "r": "recursive",
    "l": "links",
    "p": "perms",
    "t": "times",
    "o": "owner",
    "g": "group",
    "c": "checksum",
    **dict.fromkeys("nvqihDWz", ""),  # how, not what
}

_WORDS = {
    **{f"--{name}": name for name in _LETTERS.values() if name},
    **dict.fromkeys(
        ("--delete", "--delete-before", "--delete-during", "--delete-delay", "--delete-after"),
        "delete",
    ),
    **dict.fromkeys(
        ("--inplace", "--dry-run", "--verbose", "--quiet", "--itemize-changes", "--whole-file"), ""
    ),
}

_ARCHIVE = "rlptgoD"

_CHANGE = re.compile(r"(?:[<>ch.][fdLDS][.+?a-zA-Z ]{9}|\*deleting *) .+")


def rules_of(options: str, exclude: Iterable[str]) -> Rules | None:
    """What *options* mean, or None if only rsync itself knows, or nothing would be copied.

    >>> rules = rules_of("-rlc --delete", ["*.pyc"])
    >>> rules.links, rules.delete, rules.perms
    (True, True, False)
    >>> rules_of("-rl --chmod=D755", [])
    """
    names: set[str] = set()
    patterns = list(exclude)
    words = iter(shlex.split(options))
    for word in words:
        if word == "--exclude" or word.startswith("--exclude="):
            patterns.append(word.partition("=")[2] or next(words, ""))
            continue
        found = _names(word)
        if found is None:
            return None
        names |= found
    if "recursive" not in names:
        return None
    wanted: dict[str, Any] = dict.fromkeys(names - {"", "recursive"}, True)
    return Rules(excluder(patterns), **wanted)


def _names(word: str) -> set[str] | None:
    """The names that one word of the options switches on; None if we know it not."""
    if word in _WORDS:
        return {_WORDS[word]}
    if word == "--archive":
        word = "-a"
    if not re.fullmatch(r"-[a-zA-Z]+", word):
        return None
    letters = word[1:].replace("a", _ARCHIVE)
    return {_LETTERS[letter] for letter in letters} if set(letters) <= set(_LETTERS) else None


def run_rsync(
    options: str, exclude: Sequence[str], source: str, target: str, *, dry_run: bool = False
) -> list[str]:
    """Let rsync copy with exactly *options*; the lines that tell what it changes.

    Raises ConfigurationError if this host has no rsync, CmdExecutionError if it
    fails.
    """
    import shutil

    if not shutil.which("rsync"):
        raise ConfigurationError(
            f"the options {options!r} need the program rsync, which this host lacks: install it, "
            "or use -r -l -c -p -t -a --delete and --exclude only, which need no program"
        )
    excludes = [f"--exclude={pattern}" for pattern in exclude]
    extra = ["--itemize-changes", *(["--dry-run"] if dry_run else [])]
    argv = ["rsync", *shlex.split(options), *extra, *excludes, "--", f"{source}/", target]
    stdout, _ = cmd(argv)
    return [line for line in stdout.splitlines() if _CHANGE.fullmatch(line)]
