from pathlib import Path

import pytest

from batou import UpdateNeeded
from batou.component import load_components_from_file

pytest_plugins = "batou.fixtures"

COMPONENT = Path(__file__).parents[1] / "components" / "motd" / "component.py"


@pytest.fixture
def line_in_file():
    return load_components_from_file(str(COMPONENT))["lineinfile"].factory


def test_the_line_is_added_once(root, line_in_file):
    root.component += line_in_file("hello", path="motd")

    root.component.deploy()
    root.component.deploy()

    assert Path(root.workdir, "motd").read_text() == "hello\n"


def test_other_lines_are_kept(root, line_in_file):
    Path(root.workdir, "motd").write_text("mine\n")
    root.component += line_in_file("hello", path="motd")

    root.component.deploy()

    assert Path(root.workdir, "motd").read_text() == "mine\nhello\n"


def test_verify_says_what_is_missing(root, line_in_file):
    root.component += line_in_file("hello", path="motd")

    with pytest.raises(UpdateNeeded, match="'hello' is missing"):
        root.component._.verify()
