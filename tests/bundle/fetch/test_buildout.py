"""Buildouts on hosts that reach no index."""

import os
from pathlib import Path

import pytest

from batou.lib.buildout import Buildout, pins
from batou.lib.file import File

SCRIPT = """\
#!/bin/sh
for word; do case $word in
buildout:find-links=*) found=${word#buildout:find-links=}; ls "$found" >> told;
find "$found" -type l >> told; test ! -e fails || exit 1;;
esac; done
case $PIP_FIND_LINKS in */batou-wheels-*) where=shipped;; *) where=index;; esac
echo "$# $where" >> told
"""

CONFIG = """\
[buildout]
parts = app
versions = versions
[versions]
app = 1.0
absent = 2.0
strange thing = 3.0
"""


@pytest.fixture
def buildout(root, index, deliver):
    """A buildout whose program only tells what it is given; the host has its eggs."""
    index("app")
    component = Buildout(
        python="3", setuptools="68.0.0", config=File("buildout.cfg", content=CONFIG)
    )
    root.component += component
    for each in component.recursive_sub_components:
        each.__dict__.pop("_artifacts", None)  # no index has pip and setuptools here
    deliver()
    script = Path(root.workdir, "bin/buildout")
    script.parent.mkdir(parents=True)
    script.write_text(SCRIPT)
    script.chmod(0o755)
    os.chdir(root.workdir)
    return component


def told():
    return Path("told").read_text().splitlines()


def test_it_gets_what_can_be_had_of_what_it_pins(buildout):
    buildout.update()

    assert told() == ["app-1.0-py3-none-any.whl", "requirements.txt", "6 shipped"]


def test_if_that_is_not_enough_the_index_is_asked(buildout):
    Path("fails").touch()

    buildout.update()

    assert told()[-1] == "4 index"


def test_what_is_no_configuration_pins_nothing():
    assert pins(b"no section") == []
    assert pins(b"[buildout]\nparts = a\n") == []
    assert pins(b"[buildout]\nversions = absent\n") == []
