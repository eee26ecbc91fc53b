"""Exclude patterns as rsync(1) knows them."""

import re
from collections.abc import Callable, Iterable

IsExcluded = Callable[[str, bool], bool]
"""Whether a path, relative to the tree and maybe a directory, is left out."""


def excluder(patterns: Iterable[str]) -> IsExcluded:
    """What tells whether one of *patterns* matches.

    ``/`` at the start binds a pattern to the top of the tree, one at the end
    to directories. A pattern with a slash or ``**`` inside is compared with the
    end of the whole path, others with the last part.

    >>> is_excluded = excluder(["*.pyc", "/build/", "doc/*.txt"])
    >>> is_excluded("a/b.pyc", False), is_excluded("build", True), is_excluded("a/build", True)
    (True, True, False)
    >>> is_excluded("x/doc/a.txt", False), is_excluded("doc/x/a.txt", False)
    (True, False)
    """
    compiled = [_compile(pattern) for pattern in patterns if pattern]

    def is_excluded(path: str, is_directory: bool) -> bool:
        return any(
            regex.fullmatch(path)
            for regex, only_directories in compiled
            if is_directory or not only_directories
        )

    return is_excluded


def _compile(pattern: str) -> tuple[re.Pattern[str], bool]:
    only_directories = pattern.endswith("/") and len(pattern) > 1
    is_bound = pattern.startswith("/")
    pattern = pattern.strip("/") if only_directories else pattern.lstrip("/")
    tail = ""
    if pattern.endswith("/***"):
        pattern, tail = pattern[:-4], r"(/.*)?"
    start = "" if is_bound else r"(.*/)?"
    return re.compile(start + _translate(pattern) + tail, re.DOTALL), only_directories


_TOKEN = re.compile(r"\*\*+|\*|\?|\[[!^]?\]?[^\]]*\]|\\.|.", re.DOTALL)


def _translate(pattern: str) -> str:
    return "".join(_translate_token(token) for token in _TOKEN.findall(pattern))


def _translate_token(token: str) -> str:
    if token.startswith("**"):
        return ".*"
    if token in ("*", "?"):
        return {"*": "[^/]*", "?": "[^/]"}[token]
    if len(token) > 2 and token.startswith("["):
        inner = token[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return f"[^/{inner[1:]}]" if inner[0] in "!^" else f"[{inner}]"
    return re.escape(token[-1])
