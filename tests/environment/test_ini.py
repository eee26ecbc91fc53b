"""The syntax of INI files, and where values stand."""

import pytest

from batou.environment import Config, ConfigSection
from batou.errors import InvalidFile, Location


@pytest.fixture
def read(tmp_path):
    def read(text, encoding="utf-8"):
        path = tmp_path / "x.cfg"
        path.write_bytes(text.encode(encoding))
        return Config(path, "x.cfg")

    return read


def test_sections_have_options(read):
    config = read("[a]\nx = 1\ny: 2\n[b]\n")

    assert list(config) == ["a", "b"]
    assert "a" in config
    assert "c" not in config
    assert config["a"] == {"x": "1", "y": "2"}
    assert config.get("b") == {}
    assert config.get("c") is None
    with pytest.raises(KeyError):
        config["c"]


@pytest.mark.parametrize(
    "text, value",
    [
        ("x = a = b : c", "a = b : c"),
        ("x: http://a", "http://a"),
        ("x = 50% %% %(y)s", "50% %% %(y)s"),
        ("x = a ; foo # bar", "a ; foo # bar"),
        ("x =\n  a\n  b", "\na\nb"),
        ("x = a\n\n  b\n", "a\n\nb"),
        ("x = a\n  # comment\n  ; comment\n  b", "a\nb"),
        ("x =", ""),
        ("x =   a  ", "a"),
        ("x = ü", "ü"),
    ],
)
def test_values_are_read_as_configparser_does(read, text, value):
    assert read(f"[a]\n# comment\n; comment\n{text}\n")["a"]["x"] == value


def test_names_keep_their_case(read):
    assert read("[A]\ncamelCase = 1\n")["A"] == {"camelCase": "1"}


def test_a_byte_order_mark_is_no_problem(read):
    assert read("\ufeff[a]\nx = 1\n")["a"] == {"x": "1"}


def test_windows_line_ends_are_no_problem(read):
    config = read("[a]\r\nx = 1\r\n  2\r\n")

    assert config["a"]["x"].split() == ["1", "2"]


def test_options_of_a_default_section_are_in_no_other_section(read):
    config = read("[DEFAULT]\nx = 1\n[a]\ny = 2\n")

    assert config["a"] == {"y": "2"}
    assert list(config) == ["DEFAULT", "a"]


def test_every_value_knows_where_it_stands(read):
    config = read("\n[a]\n# comment\nx = 1\n  2\n\ny:z = 3\n[b]\nx = [not a section]\nlast = 1\n")

    assert config["a"].place == Location("x.cfg", 2)
    assert config["a"].location("x") == Location("x.cfg", 4)
    assert config["a"].location("y") == Location("x.cfg", 7)
    assert config["a"].location("missing") == Location("x.cfg", 2)
    assert config["b"].location("last") == Location("x.cfg", 10)
    assert ConfigSection({"x": "1"}).location("x") is None


def test_an_indented_value_is_no_option_of_its_own(read):
    config = read("[a]\nx =\n  y = 1\n  [z]\nlast = 2\n")

    assert config["a"] == {"x": "\ny = 1\n[z]", "last": "2"}
    assert config["a"].location("last") == Location("x.cfg", 5)


@pytest.mark.parametrize(
    "value, items",
    [
        ("a", ["a"]),
        ("a, b", ["a", "b"]),
        ("a,b ,  c", ["a", "b", "c"]),
        ("\na\n\nb", ["a", "b"]),
        ("a,\nb,\nc", ["a", "b", "c"]),
        ("a, b\nc", ["a", "b\nc"]),
        ("a,", ["a", ""]),
        ("", []),
        ("a b", ["a b"]),
    ],
)
def test_lists_are_split_at_commas_or_else_lines(value, items):
    assert ConfigSection({"x": value}).as_list("x") == items


def test_sections_of_one_kind_can_be_had(read):
    config = read("[host:a]\nx = 1\n[host:b:c]\n[hosts]\n[vfs]\n")

    assert list(config.with_prefix("host")) == [("a", {"x": "1"}), ("b:c", {})]


@pytest.mark.parametrize(
    "text, line, words",
    [
        ("[a]\nx = 1\nx = 2\n", 3, "key 'x' is given twice in section [a]"),
        ("[a]\n[b]\n[a]\n", 3, "section [a] is given twice"),
        ("[a]\nx = 1\nnonsense\n", 3, "'nonsense'"),
        ("x = 1\n", 1, "'x = 1' stands before the first [section]"),
    ],
)
def test_what_cannot_be_parsed_is_an_error_with_its_line(read, text, line, words):
    with pytest.raises(InvalidFile) as caught:
        read(text)

    assert words in str(caught.value)
    assert caught.value.location == Location("x.cfg", line)
    assert caught.value.hint()


def test_with_a_list_of_problems_the_rest_is_read(tmp_path):
    path = tmp_path / "x.cfg"
    path.write_text("[a]\nx = 1\nnonsense\n[b]\ny = 2\ny = 3\n")
    problems = []
    config = Config(path, "x.cfg", problems)

    assert [problem.location.line for problem in problems] == [3, 6]
    assert all(isinstance(problem, InvalidFile) for problem in problems)
    assert config["a"]["x"] == "1"
    assert config["b"]["y"] in ("2", "3")


def test_what_is_no_utf8_is_an_error_with_its_line(read):
    with pytest.raises(InvalidFile, match="UTF-8") as caught:
        read("[a]\nx = ü\n", encoding="latin-1")

    assert caught.value.location == Location("x.cfg", 2)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InvalidFile):
            Config(path)
