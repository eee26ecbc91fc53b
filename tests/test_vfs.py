"""Where absolute paths of the model lie."""

import os

import pytest

from batou.environment import Environment
from batou.errors import InvalidSetting
from batou.vfs import Developer, Map, is_below, sandbox


@pytest.fixture
def environment(tmp_path):
    return Environment("dev", basedir=tmp_path)


def test_developer_keeps_absolute_paths_below_work(environment, tmp_path):
    vfs = Developer(environment, {})

    assert vfs.map("/etc/nginx.conf") == f"{tmp_path}/work/_/etc/nginx.conf"
    assert os.path.isdir(f"{tmp_path}/work/_/etc")


def test_developer_leaves_relative_paths_and_work_itself_alone(environment, tmp_path):
    vfs = Developer(environment, {})

    assert vfs.map("relative/path") == "relative/path"
    assert vfs.map(f"{tmp_path}/work/app/x") == f"{tmp_path}/work/app/x"
    assert vfs.map(f"{tmp_path}/work") == f"{tmp_path}/work"


def test_developer_knows_where_the_name_of_the_work_directory_ends(environment, tmp_path):
    vfs = Developer(environment, {})

    assert vfs.map(f"{tmp_path}/workshop/x") == f"{tmp_path}/work/_{tmp_path}/workshop/x"


def test_developer_maps_only_once(environment):
    vfs = Developer(environment, {})

    assert vfs.map(vfs.map("/etc/x")) == vfs.map("/etc/x")


def test_developer_makes_no_directory_where_nothing_may_change(environment, tmp_path):
    environment._writes = False

    Developer(environment, {}).map("/etc/nginx.conf")

    assert not os.path.exists(tmp_path / "work")


@pytest.mark.parametrize(
    "path, mapped",
    [
        ("/srv/app", "/data/app"),
        ("/srv", "/data"),
        ("/srv/db/x", "/fast/x"),
        ("/srvx/app", "/srvx/app"),
        ("/etc/passwd", "/etc/passwd"),
        ("relative", "relative"),
    ],
)
def test_map_replaces_the_longest_prefix(environment, path, mapped):
    rules = {"sandbox": "Map", "/srv": "/data", "/srv/db": "/fast"}

    assert Map(environment, rules).map(path) == mapped


def test_map_takes_prefixes_with_and_without_a_slash_at_the_end(environment):
    vfs = Map(environment, {"/a/": "/b/", "/c": "/d/"})

    assert vfs.map("/a/x") == "/b/x"
    assert vfs.map("/c/x") == "/d/x"


def test_map_of_the_root_directory_takes_everything(environment):
    assert Map(environment, {"/": "/sandbox"}).map("/etc/x") == "/sandbox/etc/x"


def test_map_does_not_map_its_own_result_when_prefixes_only_look_alike(environment):
    vfs = Map(environment, {"/a": "/a1"})

    assert vfs.map(vfs.map("/a/x")) == "/a1/x"


def test_an_environment_without_sandbox_leaves_paths_alone(environment):
    assert environment.map("/srv/x") == "/srv/x"
    assert environment.map("~/x") == os.path.expanduser("~/x")


def test_an_unknown_sandbox_is_an_error_that_lists_the_known_ones(environment):
    with pytest.raises(InvalidSetting) as caught:
        sandbox("Chroot", environment, {})

    assert caught.value.rows() == [("Expected", "Developer or Map")]


def test_is_below_respects_parts_of_a_path():
    assert is_below("/a/b", "/a")
    assert is_below("/a", "/a/")
    assert not is_below("/ab", "/a")
