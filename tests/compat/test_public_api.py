"""Every name of batou 2.x that deployments import can be imported, and means what it did."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import batou

LINES = (Path(__file__).parent / "public_api.txt").read_text().splitlines()
NAMES = [tuple(line.split()) for line in LINES if not line.startswith("#")]

MISSING = {
    ("batou.deploy", "ConfigureErrors"): "errors of all hosts are merged before they are told",
    ("batou.environment", "Provisioner"): "is at home in batou.provision, which hosts do not get",
    ("batou.environment", "Repository"): "what is shipped is a bundle; nothing outside used it",
    ("batou.environment", "SecretProvider"): "is at home in batou.secrets, which hosts do not get",
    ("batou.host", "RPCWrapper"): "a host is data here; the line to it is batou.transport's",
}
"""Names of 2.x that are deliberately not there, and why."""

DOORS = ("batou", "batou.utils", "batou._output", "batou.main", "batou.fixtures")
PACKAGE = Path(batou.__file__).parent


@pytest.mark.parametrize("name", NAMES, ids=" ".join)
def test_it_can_be_imported(name):
    module = importlib.import_module(name[0])

    if name in MISSING:
        assert not hasattr(module, name[1]), "it is there: take it from MISSING"
    else:
        assert all(hasattr(module, each) for each in name[1:])


def test_what_is_missing_was_there():
    assert set(MISSING) <= set(NAMES)


def test_the_list_is_sorted_and_says_nothing_twice():
    assert sorted(set(NAMES)) == NAMES


def handed_on():
    """(door, name, home) of each import of a door."""
    for door in DOORS:
        path = PACKAGE / f"{door.removeprefix('batou').removeprefix('.') or '__init__'}.py"
        for statement in ast.parse(path.read_text()).body[1:]:
            for name in statement.names:
                yield door, name.name, statement.module


@pytest.mark.parametrize("door, name, home", list(handed_on()))
def test_what_is_behind_a_door_is_what_is_at_home(door, name, home):
    behind = getattr(importlib.import_module(door), name)
    there = vars(importlib.import_module(home))
    at_home = there[name] if name in there else importlib.import_module(f"{home}.{name}")

    assert behind is at_home


@pytest.mark.parametrize("door", DOORS)
def test_doors_hand_on_all_that_is_listed(door):
    listed = {each[1] for each in NAMES if each[0] == door}
    there = {name for where, name, _ in handed_on() if where == door}

    assert listed <= there


@pytest.fixture
def fresh():
    """Runs source in a fresh interpreter."""

    def run(source):
        command = [sys.executable, "-W", "error", "-c", source]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    return run


def test_importing_component_makes_the_other_modules_reachable(fresh):
    printed = fresh(
        "import batou.component\n"
        "print(batou.utils.Address.__name__, batou.output.line.__name__, batou.c.__name__,\n"
        "      batou.template.TemplateEngine.__name__, batou._output.Output.__name__)"
    )

    assert printed == "Address line batou.c TemplateEngine Output\n"


def test_modules_of_the_library_make_their_siblings_reachable(fresh):
    printed = fresh(
        "import batou.lib.supervisor\n"
        "print(batou.lib.file.File.__name__, batou.lib.logrotate.RotatedLogfile.__name__,\n"
        "      batou.lib.service.Service.__name__, batou.lib.nagios.Service.key)"
    )

    assert printed == "File RotatedLogfile Service batou.lib.nagios:Service\n"
