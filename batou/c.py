"""The project's components: ``batou.c.DIRECTORY.Class``, filled while they are loaded."""

from typing import Any

__path__: list[str] = []


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(
        f"there is no component directory {name!r} yet: directories are loaded in the order of "
        "their names, so use batou.c inside of methods"
    )
