"""Finding and loading ``components/*/component.py``."""

import sys
from pathlib import Path

import pytest

import batou.c
from batou.component import Component, ComponentDefinition, load_components_from_file
from batou.component.definition import find_component_files, load_components
from batou.errors import ComponentLoadingError


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a component file of a directory; returns its path."""
    monkeypatch.chdir(tmp_path)
    known = set(sys.modules)

    def write(directory, source, name="component.py"):
        path = tmp_path / "components" / directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        return str(path)

    yield write
    for name in set(sys.modules) - known:
        if name.startswith("batou.c."):
            del sys.modules[name]
            vars(batou.c).pop(name.split(".")[2], None)


HEAD = "from batou.component import Component\n"


def test_a_definition_knows_its_class_and_where_it_belongs():
    definition = ComponentDefinition(Component)

    assert definition.factory is Component
    assert definition.name == "component"
    assert definition.filename.endswith("batou/component/component.py")
    assert definition.defdir.endswith("batou/component")


def test_a_definition_can_be_told_where_it_belongs():
    definition = ComponentDefinition(Component, "/x/component.py")
    assert (definition.filename, definition.defdir) == ("/x/component.py", "/x")

    definition = ComponentDefinition(Component, "/x/component.py", "/y")
    assert definition.defdir == "/y"
    definition.defdir = "/z"
    assert definition.defdir == "/z"


def test_all_components_of_a_file_are_found_by_lower_case_name(write):
    path = write("app", HEAD + "class App(Component): pass\nclass WebServer(App): pass\nx = 5\n")

    found = load_components_from_file(path)

    assert sorted(found) == ["app", "webserver"]
    assert found["app"].filename == path
    assert found["app"].defdir == str(Path(path).parent)
    assert found["app"].factory.__name__ == "App"


def test_imported_components_can_be_assigned_too(write):
    path = write("files", HEAD + "from batou.lib.file import File\n")

    assert sorted(load_components_from_file(path)) == ["file"]
    assert load_components_from_file(path)["file"].defdir == str(Path(path).parent)


def test_the_base_classes_are_no_components(write):
    path = write("app", "from batou.component import *\nclass App(HookComponent): pass\n")

    assert sorted(load_components_from_file(path)) == ["app"]


def test_a_subclass_may_have_the_name_of_its_imported_base(write):
    path = write("file", "from batou.lib.file import File\nclass File(File):\n    mode = 0o600\n")

    assert load_components_from_file(path)["file"].factory.mode == 0o600


def test_a_class_of_the_file_wins_over_an_imported_one_that_differs_in_case_only(write):
    source = "from batou.lib.cron import CronTab\nclass Crontab(CronTab): pass\n"

    found = load_components_from_file(write("cron", source))

    assert found["crontab"].factory.__name__ == "Crontab"


def test_another_name_for_the_same_class_is_no_second_component(write):
    path = write("app", HEAD + "class App(Component): pass\nAlias = App\n")

    assert sorted(load_components_from_file(path)) == ["app"]


def test_two_classes_of_one_name_are_an_error_that_shows_both(write):
    path = write("app", HEAD + "class App(Component): pass\n\nclass APP(Component): pass\n")

    with pytest.raises(ComponentLoadingError) as caught:
        load_components_from_file(path)

    text = str(caught.value.failure())
    assert "component 'app' is defined twice" in text
    assert "components/app/component.py:2" in text
    assert "components/app/component.py:4" in text


def test_the_file_is_a_module_of_batou_c(write):
    path = write("app", HEAD + "class App(Component): pass\nname, file = __name__, __file__\n")

    load_components_from_file(path)

    assert batou.c.app.App.__module__ == "batou.c.app"
    assert batou.c.app is sys.modules["batou.c.app"]
    assert batou.c.app.name == "batou.c.app"
    assert batou.c.app.file == path
    assert batou.c.app.__spec__.parent == "batou.c.app"


def test_components_refer_to_each_other_by_batou_c(write):
    first = write("a", HEAD + "class A(Component): pass\n")
    second = write("b", HEAD + "import batou.c\nclass B(batou.c.a.A): pass\n")

    load_components_from_file(first)
    found = load_components_from_file(second)

    assert issubclass(found["b"].factory, batou.c.a.A)


def test_a_directory_that_is_not_loaded_yet_is_explained():
    with pytest.raises(AttributeError, match="no component directory 'zzz' yet"):
        batou.c.zzz


def test_modules_beside_it_can_be_imported_relatively(write):
    write("app", "VALUE = 5\n", "helper.py")
    path = write(
        "app",
        HEAD + "from . import helper\nfrom .helper import VALUE\nclass App(Component): pass\n",
    )

    load_components_from_file(path)
    assert (batou.c.app.VALUE, batou.c.app.helper.VALUE) == (5, 5)

    write("app", "VALUE = 'changed'\n", "helper.py")
    load_components_from_file(path)
    assert batou.c.app.VALUE == "changed"


def test_data_classes_may_stand_in_it(write):
    path = write(
        "app",
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Job:\n    name: str\n",
    )

    load_components_from_file(path)

    assert batou.c.app.Job("x").name == "x"


def test_resources_beside_it_can_be_found(write):
    write("app", "data", "data.txt")
    path = write(
        "app",
        HEAD
        + "from importlib.resources import files\n"
        + "data = files(__spec__.parent).joinpath('data.txt').read_text()\n",
    )

    load_components_from_file(path)

    assert batou.c.app.data == "data"


def test_the_search_path_stays_as_it_is(write):
    before = list(sys.path)
    load_components_from_file(write("app", HEAD))

    assert sys.path == before


@pytest.mark.parametrize(
    "source, words",
    [
        ("x = \n", ["SyntaxError", "components/app/component.py:1"]),
        ("import nonexistent\n", ["ModuleNotFoundError", "nonexistent"]),
        ("\n\nraise ValueError('broken')\n", ["broken", "components/app/component.py:3"]),
    ],
)
def test_what_goes_wrong_while_loading_is_one_error(write, source, words):
    path = write("app", source)

    with pytest.raises(ComponentLoadingError) as caught:
        load_components_from_file(path)

    text = str(caught.value.failure())
    assert all(word in text for word in words)
    assert caught.value.filename == "components/app/component.py"


def test_files_of_all_directories_are_found_in_their_order(write, tmp_path):
    for directory in ("b", "a", "c/deeper"):
        write(directory, HEAD)
    write("a", HEAD, "other.py")
    write(".", HEAD)

    assert find_component_files(str(tmp_path)) == [
        f"{tmp_path}/components/{name}/component.py" for name in ("a", "b")
    ]


def test_a_file_that_cannot_be_loaded_does_not_hinder_the_others(write, tmp_path):
    write("a", HEAD + "class A(Component): pass\n")
    write("b", "broken(\n")
    write("c", HEAD + "class C(Component): pass\n")

    definitions, errors, warnings = load_components(str(tmp_path))

    assert sorted(definitions) == ["a", "c"]
    assert [type(error) for error in errors] == [ComponentLoadingError]
    assert warnings == []


def test_of_equal_names_in_several_files_the_last_one_counts_with_a_warning(write, tmp_path):
    write("a", HEAD + "class App(Component): a = 1\n")
    write("b", HEAD + "class App(Component): b = 1\n")

    definitions, errors, warnings = load_components(str(tmp_path))

    assert definitions["app"].factory.b == 1
    assert errors == []
    assert "component 'app' is defined in 'components/a/component.py'" in warnings[0]
    assert "'components/b/component.py'" in warnings[0]


def test_an_import_in_another_file_is_no_second_definition(write, tmp_path):
    write("a", HEAD + "class App(Component): pass\n")
    write("b", HEAD + "import batou.c\nApp = batou.c.a.App\nfrom batou.lib.file import File\n")
    write("c", "from batou.lib.file import File\n")

    assert load_components(str(tmp_path))[2] == []


def test_what_another_file_imports_replaces_nothing(write, tmp_path):
    write("a", HEAD + "class App(Component): a = 1\n")
    write("b", "from batou.lib.python import App\n")

    definitions, errors, warnings = load_components(str(tmp_path))

    assert (definitions["app"].factory.a, errors, warnings) == (1, [], [])
