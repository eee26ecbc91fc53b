"""Small functions that deployments know from ``batou.utils``."""

import io
import subprocess

import jinja2
import pytest

from batou.utils import (
    VARNAME_PATTERN,
    BagOfAttributes,
    MultiFile,
    call_with_optional_args,
    dict_merge,
    export_environment_variables,
    flatten,
    self_id,
)
from batou.version import __version__


def test_items_of_a_bag_are_attributes():
    bag = BagOfAttributes(web="www.example.com")

    assert bag.web == bag["web"] == "www.example.com"


def test_a_missing_item_of_a_bag_is_a_key_error_that_names_what_there_is():
    bag = BagOfAttributes(web="www.example.com")

    with pytest.raises(KeyError, match="no 'mail' here, there are: 'web'"):
        bag.mail


def test_a_bag_can_be_asked_with_hasattr_and_in_templates():
    bag = BagOfAttributes()

    assert not hasattr(bag, "mail")
    template = jinja2.Environment().from_string("{{bag.mail|default('none')}}")
    assert template.render(bag=bag) == "none"


@pytest.mark.parametrize(
    "a, b, merged",
    [
        ({}, {}, {}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": [1]}, {"a": [2]}, {"a": [1, 2]}),
        (
            {"a": {"b": 1, "c": [1]}},
            {"a": {"c": [2], "d": 3}},
            {"a": {"b": 1, "c": [1, 2], "d": 3}},
        ),
        ({"a": [1]}, {"a": None}, {"a": None}),
        ({"a": {"b": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 1}, 5, 5),
    ],
)
def test_dictionaries_are_merged(a, b, merged):
    before = repr(a), repr(b)

    assert dict_merge(a, b) == merged
    assert (repr(a), repr(b)) == before


def test_only_accepted_keywords_are_passed():
    def some(a, b=0):
        return a, b

    def all_of_them(**kw):
        return kw

    assert call_with_optional_args(some, a=1, c=3) == (1, 0)
    assert call_with_optional_args(some, a=1, b=2, c=3) == (1, 2)
    assert call_with_optional_args(all_of_them, a=1, c=3) == {"a": 1, "c": 3}
    assert call_with_optional_args(lambda: "none", a=1) == "none"


def test_environment_variables_survive_a_shell():
    value = """it's "quoted" $HOME `date` \\ \n end"""

    lines = export_environment_variables({"B": value, "A": "1"})

    assert lines.startswith("export A='1'\nexport B=")
    script = lines + '\nprintf %s "$B"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True).stdout == value


@pytest.mark.parametrize("name", ["1A", "A-B", "", "A B", "A;ls"])
def test_a_bad_name_of_a_variable_is_an_error(name):
    assert not VARNAME_PATTERN.match(name)
    with pytest.raises(ValueError, match="is no name of an environment variable"):
        export_environment_variables({name: "x"})


def test_lists_are_flattened():
    assert flatten([[1], (2, 3), []]) == [1, 2, 3]


def test_what_is_written_goes_to_every_file():
    first, second = io.StringIO(), io.StringIO()

    files = MultiFile([first, second])
    files.write("hello")
    files.flush()

    assert first.getvalue() == second.getvalue() == "hello"


def test_batou_says_which_one_it_is():
    assert self_id().startswith(f"batou/{__version__} (")
