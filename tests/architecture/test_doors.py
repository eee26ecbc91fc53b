"""Doors, the modules that only hand on names: what is in them, and who may use them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import batou

PACKAGE = Path(batou.__file__).parent
DOORS = ("__init__", "utils", "_output", "main", "fixtures")
INSIDE = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE) + sorted(
    path for path in PACKAGE.glob("*.py") if path.stem not in DOORS
)


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_a_docstring_and_imports(door):
    tree = ast.parse((PACKAGE / f"{door}.py").read_text())

    assert ast.get_docstring(tree)
    for statement in tree.body[1:]:
        assert isinstance(statement, ast.ImportFrom), ast.unparse(statement)
        assert statement.level == 0
        assert statement.module.split(".")[0] == "batou"
        assert [(name.name, name.asname) for name in statement.names] == [
            (name.name, name.name) for name in statement.names
        ]


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nobody_inside_goes_through_a_door(path):
    used = list(through_doors(ast.parse(path.read_text())))

    assert used == []


@pytest.mark.parametrize(
    "source",
    [
        "from batou import UpdateNeeded",
        "from batou import lib, output",
        "from batou import utils",
        "from batou.utils import cmd",
        "import batou.utils",
        "import batou.lib.file, batou._output as o",
        "import batou\nraise batou.UpdateNeeded",
        "import batou.lib.file\nbatou.utils.cmd('x')",
        "def f():\n    from batou.main import main",
    ],
)
def test_a_way_through_a_door_is_noticed(source):
    assert list(through_doors(ast.parse(source)))


def test_what_lives_inside_may_be_imported():
    source = "import batou\nfrom batou import c\nimport batou.lib.file\nbatou.lib.file.File\n"

    assert list(through_doors(ast.parse(source + "batou.__file__"))) == []


def through_doors(tree: ast.AST) -> Iterator[str]:
    """The statements and expressions that use a name through a door."""
    is_known = any(
        name.name.split(".")[0] == "batou" and not name.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "batou":
            names = [f"batou.{name.name}" for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif is_known and isinstance(node, ast.Attribute) and ast.unparse(node.value) == "batou":
            names = [f"batou.{node.attr}"]
        else:
            continue
        if any(leads_through(name) for name in names):
            yield ast.unparse(node)


def leads_through(name: str) -> bool:
    top, _, rest = name.partition(".")
    first = rest.split(".")[0]
    if top != "batou" or not rest or (first.startswith("__") and first != "__init__"):
        return False
    is_home = (PACKAGE / f"{first}.py").exists() or (PACKAGE / first / "__init__.py").exists()
    return first in DOORS or not is_home
