from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batou.errors import DuplicateSecretsComponentAttribute, InvalidFile
from batou.secrets.config import SecretConfig, parse, set_value, value_of

TEXT = """\
# who may read
[batou]
secret_provider = age
members = a,
    b

[component:app]
# the database
dbName = orders
password =
    first

    second

[web]
token = t

[host:web1]
data-api-Token = 1
plain = 2
"""


def test_what_is_not_changed_stays_as_it_was_written() -> None:
    config = SecretConfig(TEXT, "secrets.cfg")

    assert str(config) == TEXT


def test_members_are_separated_by_commas_and_lines() -> None:
    config = SecretConfig("[batou]\nmembers = a, b\n  c,\n\n  d\n", "secrets.cfg")

    assert config.members == ["a", "b", "c", "d"]


def test_new_members_are_written_one_a_line_and_nothing_else_changes() -> None:
    config = SecretConfig(TEXT, "secrets.cfg")

    config.set_members(["a", "c"])

    assert str(config) == TEXT.replace("members = a,\n    b\n", "members =\n    a,\n    c\n")
    assert SecretConfig(str(config), "").members == ["a", "c"]


def test_members_can_be_added_where_there_were_none() -> None:
    config = SecretConfig("[app]\nx = 1\n", "secrets.cfg")

    config.set_members(["a"])

    assert SecretConfig(str(config), "").members == ["a"]


def test_the_last_member_can_be_removed() -> None:
    config = SecretConfig(TEXT, "secrets.cfg")

    config.set_members([])

    assert SecretConfig(str(config), "").members == []


def test_keys_keep_their_case_and_lines_are_stripped() -> None:
    config = SecretConfig(TEXT, "secrets.cfg")

    assert config.component_overrides() == {
        "app": {"dbName": "orders", "password": "\nfirst\n\nsecond"},
        "web": {"token": "t"},
    }


def test_a_key_means_the_attribute_in_lower_case_if_only_that_exists() -> None:
    config = SecretConfig("[app]\nPassWord = x\ndbName = y\n", "secrets.cfg")

    overrides = config.component_overrides(lambda _, key: key in {"password", "dbName", "dbname"})

    assert overrides == {"app": {"password": "x", "dbName": "y"}}


def test_host_data_is_found_as_written_and_in_lower_case() -> None:
    config = SecretConfig(TEXT, "secrets.cfg")

    assert config.host_data() == {"web1": {"api-Token": "1", "api-token": "1", "plain": "2"}}


def test_both_spellings_of_a_section_are_one() -> None:
    config = SecretConfig("[component:app]\na = 1\n[app]\nb = 2\n", "secrets.cfg")

    assert config.component_overrides() == {"app": {"a": "1", "b": "2"}}


def test_a_key_in_both_spellings_of_a_section_is_an_error_with_its_line() -> None:
    config = SecretConfig("[component:app]\na = 1\n[app]\na = 2\n", "secrets.cfg")

    with pytest.raises(DuplicateSecretsComponentAttribute) as caught:
        config.component_overrides()

    assert caught.value.component_name == "app"
    assert caught.value.attribute == "a"
    assert str(caught.value.location) == "secrets.cfg:4"


def test_two_spellings_of_one_attribute_are_an_error() -> None:
    config = SecretConfig("[app]\nPassword = 1\npassword = 2\n", "secrets.cfg")

    with pytest.raises(DuplicateSecretsComponentAttribute):
        config.component_overrides(lambda _, key: key == "password")


def test_values_know_where_they_stand() -> None:
    locations = SecretConfig(TEXT, "secrets.cfg").locations()

    assert locations["app", "dbName"] == "secrets.cfg:9"
    assert locations["app", ""] == "secrets.cfg:7"
    assert locations["host:web1", "api-Token"] == "secrets.cfg:19"


@pytest.mark.parametrize(
    "text, line, problem",
    [
        ("x = 1\n", 1, "before the first"),
        ("[a]\nhunter2\n", 2, "neither a"),
        ("[a]\nx = hunter2\nx = 2\n", 3, "key 'x' is given twice"),
        ("[a]\n[a]\n", 2, "section \\[a\\] is given twice"),
    ],
)
def test_a_syntax_error_names_the_line_and_shows_no_secret(
    text: str, line: Any, problem: str
) -> None:
    with pytest.raises(InvalidFile, match=problem) as caught:
        SecretConfig(text, "secrets.cfg")

    assert str(caught.value.location) == f"secrets.cfg:{line}"
    assert "hunter2" not in str(caught.value) + repr(caught.value.all_rows())


line = st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=12).map(str.strip)
lines = st.lists(line.filter(lambda text: not text.startswith(("#", ";"))), min_size=1, max_size=5)


@given(lines.filter(lambda found: found[-1] != "" or len(found) == 1))
def test_a_value_that_is_set_reads_back_the_same(found: list[str]) -> None:
    value = "\n".join(found)
    config = parse("[a]\nx = 1\ny = 2\n", "")

    set_value(config["a"]["x"], value)

    again = parse(str(config), "")
    assert value_of(again["a"]["x"]) == value
    assert value_of(again["a"]["y"]) == "2"
