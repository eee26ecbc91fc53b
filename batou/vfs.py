"""Map absolute paths elsewhere, so that a deployment fits into a developer's machine."""

import os
from collections.abc import Mapping
from typing import Any

from batou.errors import InvalidSetting


class VFS:
    """Where an absolute path of the model lies on this machine."""

    def __init__(self, environment: Any, config: Mapping[str, str]) -> None:
        self.environment = environment

    def map(self, path: str) -> str:
        """The path to use instead of *path*."""
        raise NotImplementedError


class Developer(VFS):
    """Everything absolute lies below ``work/_``."""

    def map(self, path: str) -> str:
        """The path below ``work/_``; its directory is made, unless only predicting."""
        base = self.environment.workdir_base
        if not os.path.isabs(path) or is_below(path, base):
            return path
        mapped = os.path.join(base, "_", path.lstrip("/"))
        if self.environment._writes:
            os.makedirs(os.path.dirname(mapped), exist_ok=True)
        return mapped


class Map(VFS):
    """Prefixes are replaced by the rules of the section; the longest prefix wins."""

    def __init__(self, environment: Any, config: Mapping[str, str]) -> None:
        super().__init__(environment, config)
        rules = [(key, value) for key, value in config.items() if key.startswith("/")]
        self.rules = sorted(rules, key=lambda rule: -len(rule[0]))

    def map(self, path: str) -> str:
        """*path* with its longest known prefix replaced.

        A prefix ends where a part of the path ends: ``/a`` is none of ``/abc``.
        """
        for prefix, replacement in self.rules:
            if is_below(path, prefix):
                rest = path[len(prefix.rstrip("/")) :]
                return os.path.normpath(replacement + rest) if rest else replacement
        return path


def is_below(path: str, directory: str) -> bool:
    """Whether *path* is *directory* or lies in it.

    >>> is_below("/srv/a", "/srv"), is_below("/srvx", "/srv")
    (True, False)
    """
    directory = directory.rstrip("/")
    return path == directory or path.startswith(directory + "/")


SANDBOXES: dict[str, type[VFS]] = {"Developer": Developer, "Map": Map}


def sandbox(name: str, environment: Any, config: Mapping[str, str]) -> VFS:
    """The sandbox called *name*; raises InvalidSetting if there is none."""
    if name not in SANDBOXES:
        raise InvalidSetting("vfs", "sandbox", name, " or ".join(SANDBOXES))
    return SANDBOXES[name](environment, config)
