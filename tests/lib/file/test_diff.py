from pathlib import Path

import pytest

from batou.lib.file import limited_buffer
from batou.lib.file.diff import contains_secret, diff_lines


@pytest.mark.parametrize(
    ("text", "secrets", "found"),
    [
        ("the word hunter2 alone", {"hunter2"}, True),
        ("user:hunter2@host", {"hunter2"}, True),
        ("xhunter2x", {"hunter2"}, True),
        ("-----BEGIN KEY-----", {"  -----BEGIN KEY-----  "}, True),
        ("hunter", {"hunter2"}, False),
        ("a - b", {"-"}, False),
        ("abc", {"abc"}, False),
        ("abcd", {"abcd"}, True),
        ("anything", set(), False),
    ],
)
def test_secrets_are_found_anywhere(text: str, secrets: set[str], found: bool) -> None:
    assert contains_secret(text, secrets) is found


def test_lines_of_blanks_are_left_out() -> None:
    lines = list(diff_lines("a\n\nb\n", "a\n\nc\n"))

    assert lines == ["--- ", "+++ ", "@@ -1,3 +1,3 @@", " a", "-b", "+c"]


def test_lines_below_the_limit_pass() -> None:
    assert limited_buffer(["1", "2", "3"], limit=3, lead=1) == (["1", "2", "3"], False, None)


def test_lines_beyond_the_limit_are_cut_and_logged(tmp_path: Path) -> None:
    lines, is_cut, log = limited_buffer(
        ["1", "2", "3", "4"], limit=3, lead=1, separator="…", logdir=str(tmp_path / "logs")
    )

    assert (lines, is_cut) == (["1", "…", "4"], True)
    assert log is not None
    assert Path(log).read_text() == "1\n2\n3\n4\n"


def test_a_lead_of_none_leaves_the_separator() -> None:
    assert limited_buffer("abcd", limit=3, lead=0, logdir=None) == (["..."], True, None)
