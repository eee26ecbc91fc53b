#!/usr/bin/env -S python3 -I -S
"""Runs batou in exactly the environment that the project's lock describes.

`batou init` writes this file into a project as `batou`, and `batou update` refreshes it. It needs
Python's standard library only. requirements.txt is what people write; requirements.lock is what
pip-compile makes of it, by itself, whenever the text changed; `.batou/environments/<digest>` is
what pip makes of the lock. While nothing changes, all that happens is `ready_environment`, then
the program. A symlink to this file runs the program that has the symlink's name.
"""

from __future__ import annotations

import hashlib
import os
import sys

BATOU = "batou"
TOOLS = """\
"""
OLDEST = (3, 10)
COMPILE = """--quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-config
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options""".split()
PIP_FILES = "/etc ~/.pip ~/.config/pip /etc/xdg/pip ~/Library/Application\\ Support/pip"
USAGE = "usage: appenv {update-lockfile | init | reset | prepare | python [ARGS] | run NAME [ARGS]}"


class Failure(Exception):
    """What went wrong, as a person should read it, and the exit code."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


class DoesNotFit(Failure):
    """A package in the environment needs something that the lock does not have."""


def content(*path: str) -> str:
    """The text of a file; empty if there is none."""
    try:
        with open(os.path.join(*path), encoding="utf-8", newline="") as file:
            return file.read()
    except OSError:
        return ""


def replace(path: str, text: str) -> None:
    """Write a file at once: whoever reads sees the old text or the new one."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def digest(*texts: str) -> str:
    """A name for exactly these texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def say(text: str) -> None:
    """Tell the person, without credentials of URLs; standard output belongs to the program."""
    import re

    print(re.sub(r"(?<=://)[^/\s@]+@", "***@", text), file=sys.stderr, flush=True)


# What requirements.txt and requirements.lock say


def logical_lines(text: str) -> list[str]:
    """The lines of a requirements file: continued ones joined, without comments and empty ones."""
    import re

    joined = re.sub(r"\\\r?\n\s*", "", text)
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]


def name_of(requirement: str) -> str:
    """The package that a requirement names; empty if it only says where to find it."""
    import re

    found = re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\]\s*)?(?:$|[<>=!~;@ ])", requirement)
    found = found or re.search(r"[#&]egg=([\w.-]+)", requirement)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""


def local_path(root: str, requirement: str) -> str:
    """The file or directory that a requirement installs; empty if it comes from elsewhere."""
    import re
    from urllib.parse import unquote

    place = re.sub(r"^(-e|--editable)[ =]\s*|^[\w.\[\],-]+\s*@\s*(?=file:)", "", requirement)
    if place == requirement and "/" not in place and not place.startswith("."):
        return ""
    place = re.split(r"\s--|\s;|[\[#\\]", place)[0].strip()
    if place.startswith("file:"):
        place = unquote(re.sub(r"^file:(//)?", "", place))
    path = os.path.normpath(os.path.join(root, place))
    return path if os.path.exists(path) else ""


class Requirements:
    """What requirements.txt asks for, with the files that it includes."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.files: list[str] = []  # relative to root
        self.wanted: list[str] = []  # what people asked for
        self.options: list[str] = []  # where pip finds it
        self._read("requirements.txt", True)

    def _read(self, name: str, wanted: bool) -> None:
        import re

        self.files.append(name)
        for line in logical_lines(content(self.root, name)):
            option, value = re.fullmatch(r"(--?[a-z-]+(?=[\s=]|$))?[\s=]*(.*)", line).groups()
            beside = os.path.join(os.path.dirname(name), value)
            exists = os.path.exists(os.path.join(self.root, beside))
            if option in (None, "-e", "--editable"):
                self.wanted += [line] if wanted else []
            elif option in ("-r", "--requirement", "-c", "--constraint"):
                if exists and beside not in self.files:
                    self._read(beside, wanted and option in ("-r", "--requirement"))
            elif option in ("-f", "--find-links") and exists:
                self.options.append(f"--find-links {os.path.join(self.root, beside)}")
            else:
                self.options.append(line)


# Interpreters: (version, real path)

Python = "tuple[tuple[int, ...], str]"
