import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component
from batou.errors import InvalidFile
from batou.lib.file import JSONContent, YAMLContent

Add = Callable[[Component], Any]
Deploy = Callable[..., Any]


class Text(str):
    """As overrides from secrets are: text of another class."""


# JSON


def test_json_is_readable_with_sorted_keys_and_no_newline_at_the_end(
    deploy: Deploy, workdir: Path
) -> None:
    content = deploy(JSONContent("f", data={"b": [1], "a": "ü"}))

    expected = '{\n    "a": "\\u00fc",\n    "b": [\n        1\n    ]\n}'
    assert (workdir / "f").read_text() == expected
    assert content.content == expected.encode()


def test_json_may_be_compact(deploy: Deploy, workdir: Path) -> None:
    deploy(JSONContent("f", data={"b": [1, 2], "a": None}, human_readable=False))

    assert (workdir / "f").read_text() == '{"a":null,"b":[1,2]}'


def test_both_forms_of_json_are_there(add: Add) -> None:
    content = add(JSONContent("f", data={"a": 1}))

    assert content.content_compact == '{"a":1}'
    assert content.content_readable == '{\n    "a": 1\n}'
    assert content.data == {"a": 1}


@pytest.mark.parametrize("data", [{}, [], "", 0, False])
def test_empty_data_is_data(deploy: Deploy, workdir: Path, data: Any) -> None:
    deploy(JSONContent("f", data=data))

    assert json.loads((workdir / "f").read_text()) == data


def test_json_comes_from_the_file_of_the_same_name(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    (defdir / "f").write_text('{"b": "{{x}}", "a": 1}')

    content = deploy(JSONContent("f"))

    assert json.loads((workdir / "f").read_text()) == {"a": 1, "b": "{{x}}"}
    assert content.data == {"a": 1, "b": "{{x}}"}


def test_json_comes_from_a_source_with_parts_overridden(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    (defdir / "s").write_text('{"list": [1], "deep": {"a": 1, "b": 2}, "kept": true}')

    deploy(JSONContent("f", source="s", override={"list": [2], "deep": {"b": 3}}))

    assert json.loads((workdir / "f").read_text()) == {
        "list": [1, 2],
        "deep": {"a": 1, "b": 3},
        "kept": True,
    }


def test_the_data_that_was_given_is_not_changed_by_an_override(add: Add) -> None:
    data = {"deep": {"a": [1]}}

    add(JSONContent("f", data=data, override={"deep": {"a": [2]}}))

    assert data == {"deep": {"a": [1]}}


def test_data_and_source_are_refused_together(add: Add, defdir: Path) -> None:
    (defdir / "s").write_text("{}")

    with pytest.raises(ValueError, match="both data and source"):
        add(JSONContent("f", data={"a": 1}, source="s"))


def test_json_that_cannot_be_parsed_is_named_with_its_line(add: Add, defdir: Path) -> None:
    (defdir / "f").write_text('{\n"a": ,\n}')

    with pytest.raises(InvalidFile) as raised:
        add(JSONContent("f"))

    assert str(raised.value.location) == f"{defdir / 'f'}:2"


def test_a_source_that_appears_later_is_read_then(
    deploy: Deploy, root: Any, defdir: Path, workdir: Path
) -> None:
    root.component += (content := JSONContent("f", source="s", override={"b": 2}))
    (defdir / "s").write_text('{"a": 1}')

    root.component.deploy()

    assert json.loads((workdir / "f").read_text()) == {"a": 1, "b": 2}
    assert content.data == {"a": 1, "b": 2}


def test_json_takes_subclasses_of_text(deploy: Deploy, workdir: Path) -> None:
    deploy(JSONContent("f", data={Text("a"): Text("b")}))

    assert json.loads((workdir / "f").read_text()) == {"a": "b"}


def test_a_second_deployment_of_json_changes_nothing(deploy: Deploy) -> None:
    deploy(JSONContent("f", data={"a": 1}))

    assert not deploy(JSONContent("f", data={"a": 1})).changed


# YAML


def test_yaml_is_in_block_style_with_sorted_keys(deploy: Deploy, workdir: Path) -> None:
    deploy(YAMLContent("f", data={"b": [1, 2], "a": {"x": "ü"}}))

    assert (workdir / "f").read_text() == 'a:\n  x: "\\xFC"\nb:\n- 1\n- 2\n'


def test_yaml_comes_from_the_file_of_the_same_name_with_parts_overridden(
    deploy: Deploy, defdir: Path, workdir: Path
) -> None:
    (defdir / "f").write_text("a: [1]\nb: x\n")

    deploy(YAMLContent("f", override={"a": [2]}))

    assert (workdir / "f").read_text() == "a:\n- 1\n- 2\nb: x\n"


@pytest.mark.parametrize(("data", "text"), [({}, "{}\n"), ([], "[]\n")])
def test_empty_data_is_yaml(deploy: Deploy, workdir: Path, data: Any, text: str) -> None:
    deploy(YAMLContent("f", data=data))

    assert (workdir / "f").read_text() == text


def test_yaml_takes_subclasses_of_text(deploy: Deploy, workdir: Path) -> None:
    deploy(YAMLContent("f", data={Text("a"): Text("b"), "flag": True, "none": None}))

    assert (workdir / "f").read_text() == "a: b\nflag: true\nnone: null\n"


def test_yaml_that_cannot_be_parsed_is_named_with_its_line(add: Add, defdir: Path) -> None:
    (defdir / "f").write_text("a: 1\nb: [\n")

    with pytest.raises(InvalidFile) as raised:
        add(YAMLContent("f"))

    assert raised.value.location is not None
    assert raised.value.location.path == str(defdir / "f")
    assert raised.value.location.line in (2, 3)


def test_yaml_does_not_make_objects(add: Add, defdir: Path) -> None:
    (defdir / "f").write_text("!!python/object/apply:os.system ['true']\n")

    with pytest.raises(InvalidFile):
        add(YAMLContent("f"))
