"""Small functions on plain values; deployments know them from ``batou.utils``."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

VARNAME_PATTERN = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


class MissingItem(KeyError, AttributeError):
    """Both, so that ``hasattr`` and Jinja's ``default`` filter see that it is missing."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class BagOfAttributes(dict[str, Any]):
    """A dictionary whose items are attributes, too.

    >>> BagOfAttributes(web="www.example.com").web
    'www.example.com'
    """

    def __getattr__(self, key: str) -> Any:
        try:
            return self[key]
        except KeyError:
            known = ", ".join(map(repr, self)) or "none"
            raise MissingItem(f"no {key!r} here, there are: {known}") from None


def dict_merge(a: Any, b: Any) -> Any:
    """*a* with *b* merged into it, recursively; lists are joined, otherwise *b* wins.

    >>> dict_merge({"x": [1], "y": {"z": 1}}, {"x": [2], "y": {"z": 2}})
    {'x': [1, 2], 'y': {'z': 2}}
    """
    if not isinstance(b, dict):
        return b
    result = dict(a)
    for key, value in b.items():
        if key in result and isinstance(result[key], dict):
            result[key] = dict_merge(result[key], value)
        elif key in result and isinstance(result[key], list) and isinstance(value, list):
            result[key] = result[key] + value
        else:
            result[key] = value
    return result


def call_with_optional_args(func: Callable[..., Any], **kw: Any) -> Any:
    """Call *func* with those of the keywords that it accepts."""
    import inspect

    parameters = inspect.signature(func).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return func(**kw)
    return func(**{key: value for key, value in kw.items() if key in parameters})


def export_environment_variables(environ: Mapping[str, str]) -> str:
    """Shell lines that export *environ*, sorted by name.

    Raises ValueError for a name that a shell does not accept.

    >>> export_environment_variables({"A": "it's"})
    'export A=\\'it\\'"\\'"\\'s\\''
    """
    lines = []
    for key in sorted(environ):
        if not VARNAME_PATTERN.match(key):
            raise ValueError(f"{key!r} is no name of an environment variable")
        quoted = environ[key].replace("'", "'\"'\"'")
        lines.append(f"export {key}='{quoted}'")
    return "\n".join(lines)


def flatten(lists: Iterable[Iterable[Any]]) -> list[Any]:
    """The items of all *lists* in one.

    >>> flatten([[1], [2, 3]])
    [1, 2, 3]
    """
    return [item for items in lists for item in items]


class MultiFile:
    """Writes go to each of *files*."""

    def __init__(self, files: Iterable[Any]) -> None:
        self.files = list(files)

    def write(self, value: Any) -> None:
        """Write *value* to every file."""
        for file in self.files:
            file.write(value)

    def flush(self) -> None:
        """Flush every file."""
        for file in self.files:
            file.flush()
