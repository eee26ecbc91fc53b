"""`FileComponent`: what the components that manage one path have in common."""

import os

from batou.component import Component


def stat_value(path: str, key: str = "st_mtime") -> float | None:
    """The field *key* of the stat of *path*, or None if it does not exist."""
    try:
        return float(getattr(os.stat(path), key))
    except (FileNotFoundError, NotADirectoryError):
        return None


def shown_path(component: Component, path: str) -> str:
    """*path* relative to the deployment's directory if it lies in it, else as it is."""
    if not hasattr(component, "parent"):
        return path  # not added to anything yet
    directory = str(component.environment.base_dir).rstrip("/") + "/"
    return path[len(directory) :] if path.startswith(directory) else path


class FileComponent(Component):
    """Base of components for one path.

    After configure ``path`` is where the path is on the host, and
    ``original_path`` is what was given.
    """

    namevar = "path"

    path: str
    original_path: str
    leading: bool = False
    """Whether missing parent directories are made."""

    _path_is_mapped = False
    """Whether the component that made this one has mapped the path; it must not be mapped twice."""

    _is_private = False
    """Whether what is made is closed to others until a mode is set."""

    def configure(self) -> None:
        self.original_path = self.path
        if not self._path_is_mapped and self._has_path_of_parent():
            self._path_is_mapped = True
        if not self._path_is_mapped:
            self.path = self.map(self.path)

    def _has_path_of_parent(self) -> bool:
        """Whether this is a part of a `File`, or of one that a deployment wrote like it."""
        return hasattr(self.parent, "_unmapped_path") and (
            self.path == getattr(self.parent, "path", None)
        )

    @property
    def namevar_for_breadcrumb(self) -> str:
        """The path, short: a part of a `File` shows its base name only."""
        path = str(getattr(self, type(self).namevar or "path"))
        return os.path.basename(path) if self._path_is_mapped else shown_path(self, path)
