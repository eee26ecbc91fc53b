import json
from importlib.metadata import distribution
from pathlib import Path

import pytest

from batou.project import origin


@pytest.mark.parametrize(
    "recorded, requirement",
    [
        ({"url": "file:///src/batou", "dir_info": {"editable": True}}, "-e /src/batou"),
        ({"url": "file:///src/batou", "dir_info": {}}, "/src/batou"),
        ({"url": "file:///my%20src", "dir_info": {"editable": True}}, "-e file:///my%20src"),
        (
            {"url": "https://e.net/b", "vcs_info": {"vcs": "git", "commit_id": "12ab"}},
            "batou @ git+https://e.net/b@12ab",
        ),
        ({"url": "file:///tmp/b.whl", "archive_info": {}}, "batou @ file:///tmp/b.whl"),
    ],
)
def test_a_recorded_origin_becomes_a_requirement(recorded, requirement):
    assert origin.requirement_for(recorded, Path("/project")) == requirement


def test_a_project_inside_the_checkout_names_it_relatively():
    recorded = {"url": "file:///src/batou", "dir_info": {"editable": True}}

    requirement = origin.requirement_for(recorded, Path("/src/batou/examples/hello"))

    assert requirement == "-e ../.."


def test_a_package_from_an_index_is_its_version(tmp_path):
    assert origin.recorded_origin(distribution("click")) is None


def test_the_batou_that_runs_is_never_asked_for_by_name_alone(tmp_path):
    requirement = origin.batou_requirement(tmp_path)

    assert requirement != "batou"
    assert requirement.startswith(("-e ", "/", "file:", "batou==", "batou @ "))


def test_what_pip_recorded_is_read(tmp_path):
    info = tmp_path / "batou-3.dist-info"
    info.mkdir()
    (info / "direct_url.json").write_text(json.dumps({"url": "file:///src", "dir_info": {}}))

    installed = origin.Distribution.at(info)

    assert origin.recorded_origin(installed) == {"url": "file:///src", "dir_info": {}}
