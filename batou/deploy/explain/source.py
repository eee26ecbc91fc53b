"""Places in source files: where a class is, where it sets an attribute."""

import ast
import os
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import CodeType
from typing import Any

from batou.component import Component
from batou.errors import Location

MUTATORS = frozenset(
    {"add", "append", "clear", "difference_update", "discard", "extend", "insert"}
    | {"intersection_update", "pop", "popitem", "remove", "reverse", "setdefault", "sort"}
    | {"symmetric_difference_update", "update"}
)
"""Methods that change a list, a dictionary or a set."""

Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def shown(path: str, base: str) -> str:
    """*path* for people: relative to the project, or to where Python finds the module."""
    parents = [parent for parent in sys.path if parent and _contains(parent, path)]
    if _contains(base, path) and not any(_contains(base, parent) for parent in parents):
        return os.path.relpath(path, base)
    return os.path.relpath(path, max(parents, key=len)) if parents else path


def _contains(parent: str, path: str) -> bool:
    return path.startswith(os.path.join(os.path.abspath(parent), ""))


def file_of(kind: type) -> str | None:
    """The source file of a class.

    ``inspect`` does not find classes of a ``component.py``: their module is known
    as ``batou.c.NAME``, but is called NAME.
    """
    for name in (kind.__module__, f"batou.c.{kind.__module__}"):
        module = sys.modules.get(name)
        if module is not None and _named(module, kind.__qualname__) is kind:
            return getattr(module, "__file__", None)
    return next((code.co_filename for code in _codes(kind)), None)


def _named(module: Any, qualified: str) -> Any:
    for part in qualified.split("."):
        module = getattr(module, part, None)
    return module


def _codes(kind: type) -> Iterator[CodeType]:
    """The code of the functions that a class defines."""
    for value in vars(kind).values():
        function = getattr(value, "__func__", getattr(value, "fget", value))
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType) and code.co_name == getattr(function, "__name__", ""):
            if getattr(function, "__qualname__", "").startswith(kind.__qualname__ + "."):
                yield code


@lru_cache(maxsize=256)
def _classes(path: str) -> dict[str, list[ast.ClassDef]]:
    """All classes of a file by name; none if it cannot be read."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[str, list[ast.ClassDef]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found.setdefault(node.name, []).append(node)
    return found


def _node_of(kind: type) -> tuple[str, ast.ClassDef] | None:
    path = file_of(kind)
    if path is None:
        return None
    candidates = _classes(path).get(kind.__name__, [])
    lines = [code.co_firstlineno for code in _codes(kind) if code.co_filename == path]
    for node in candidates:
        if lines and node.lineno <= lines[0] <= (node.end_lineno or 0):
            return path, node
    return (path, candidates[-1]) if candidates else None


def class_place(kind: type, base: str) -> Location | None:
    """Where a class begins."""
    found = _node_of(kind)
    return Location(shown(found[0], base), found[1].lineno) if found else None


def own_bases(kind: type) -> list[type]:
    """A class and its bases below `Component`, the most basic one first."""
    return [cls for cls in reversed(kind.__mro__) if cls is not Component and cls is not object]


def attribute_place(kind: type, name: str, base: str) -> Location | None:
    """Where the body of a class sets *name*; the last place counts."""
    found = _node_of(kind)
    if found is None:
        return None
    path, node = found
    lines = [stmt.lineno for stmt in _statements(node.body) if name in _assigned(stmt)]
    return Location(shown(path, base), lines[-1]) if lines else None


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """All statements of a class body, also those in ``if`` and ``try``, but not in functions."""
    for stmt in body:
        if isinstance(stmt, ast.stmt):
            yield stmt
        if not isinstance(stmt, (*Function, ast.ClassDef)):
            for field in ("body", "orelse", "handlers", "finalbody"):
                yield from _statements(getattr(stmt, field, []))


def _assigned(stmt: ast.stmt) -> set[str]:
    """The names that a statement sets."""
    if isinstance(stmt, (*Function, ast.ClassDef)):
        return {stmt.name}
    targets: list[ast.expr] = []
    if isinstance(stmt, ast.Assign):
        targets = stmt.targets
    elif isinstance(stmt, ast.AugAssign) or (isinstance(stmt, ast.AnnAssign) and stmt.value):
        targets = [stmt.target]
    nodes = (node for target in targets for node in ast.walk(target))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def argument_place(kind: type, name: str, base: str) -> Location | None:
    """Where an ``__init__`` passes *name* on as a keyword; the most special class counts."""
    for cls in reversed(own_bases(kind)):
        for path, method in _methods(cls):
            if method.name == "__init__":
                calls = (node for node in ast.walk(method) if isinstance(node, ast.Call))
                keywords = [k for call in calls for k in call.keywords if k.arg == name]
                line = keywords[0].value.lineno if keywords else method.lineno
                return Location(shown(path, base), line)
    return None


def mutation_places(kind: type, name: str, base: str) -> list[Location]:
    """Where methods change the value of ``self.NAME`` without setting it anew."""
    return [
        Location(shown(path, base), node.lineno)
        for cls in own_bases(kind)
        for path, method in _methods(cls)
        for node in ast.walk(method)
        if isinstance(node, ast.expr) and _mutates(node, name)
    ]


def _methods(kind: type) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    found = _node_of(kind)
    for stmt in _statements(found[1].body) if found else ():
        if found and isinstance(stmt, Function):
            yield found[0], stmt


def _mutates(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in MUTATORS and _is_own(node.func.value, name)
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return _is_own(node.value, name)
    return False


def _is_own(node: ast.expr, name: str) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )
