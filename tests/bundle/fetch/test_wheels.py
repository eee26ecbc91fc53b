"""Packages for environments on hosts that reach no index."""

import os
import sys

import pytest

from batou.bundle.fetch.desk import NotFetched
from batou.bundle.fetch.wheels import fetch, target
from batou.bundle.interpreter import Interpreter
from batou.lib.python import Package, Requirements, VirtualEnv
from batou.lib.python.wheels import wheels

PYTHON = os.path.realpath(sys.executable)
VERSION = "{}.{}".format(*sys.version_info)
HERE = Interpreter.here()


def names(fetched):
    return sorted(fetched.files)


@pytest.fixture
def bring(desk):
    """Fetches wheels for a kind of Python."""

    def bring(*lines, interpreter=HERE, version="3", directory="", **more):
        artifact = wheels("what the test wants", lines, version, directory=directory, **more)
        return fetch(artifact, desk.of(interpreter))

    return bring


def test_a_package_comes_with_what_it_needs(index, bring):
    index("app", needs=["lib>=1"])
    index("lib", "1.0")
    index("lib", "2.0", needs=["deep"])
    index("deep")

    found = bring("app==1.0", with_dependencies=True)

    assert names(found) == [
        "app-1.0-py3-none-any.whl",
        "deep-1.0-py3-none-any.whl",
        "lib-2.0-py3-none-any.whl",
    ]


def test_without_dependencies_it_comes_alone(index, bring):
    index("app", needs=["lib"])

    assert names(bring("app")) == ["app-1.0-py3-none-any.whl"]


def test_markers_are_those_of_the_host(index, bring, interpreter):
    index("app", needs=["old; python_version < '3.13'", "new; python_version >= '3.13'"])
    index("new", needs=["arm; platform_machine == 'aarch64'"])
    index("old")
    index("arm")

    found = bring("app", interpreter=interpreter, with_dependencies=True)

    assert [name.split("-")[0] for name in names(found)] == ["app", "arm", "new"]


def test_compiled_ones_are_for_the_host(index, bring, interpreter):
    for tag in ("cp313-cp313-manylinux_2_17_aarch64", "cp311-cp311-manylinux_2_17_x86_64"):
        index("fast", tag=tag)

    found = bring("fast", interpreter=interpreter)

    assert names(found) == ["fast-1.0-cp313-cp313-manylinux_2_17_aarch64.whl"]


def test_the_python_of_the_environment_counts(index, bring, interpreter):
    index("fast", tag="cp312-cp312-manylinux_2_17_aarch64")

    assert len(bring("fast", interpreter=interpreter, version="3.12").files) == 1
    with pytest.raises(NotFetched):
        bring("fast", interpreter=interpreter)


def test_what_contradicts_an_earlier_choice_is_chosen_again(index, bring):
    index("app", needs=["lib", "other"])
    index("other", needs=["lib<2"])
    index("lib", "1.0")
    index("lib", "2.0")

    found = bring("app", with_dependencies=True)

    assert "lib-1.0-py3-none-any.whl" in found.files


def test_demands_that_contradict_each_other_are_an_error(index, bring):
    index("app", needs=["lib<2", "other"])
    index("other", needs=["lib>=2"])
    index("lib", "1.0")
    index("lib", "2.0")

    with pytest.raises(NotFetched, match="lib<2,>=2"):
        bring("app", with_dependencies=True)


def test_extras_are_followed(index, bring):
    index("app", needs=["lib[fast]", "lib"])
    index("lib", needs=["speed; extra == 'fast'"])
    index("speed")

    found = bring("app", with_dependencies=True)

    assert "speed-1.0-py3-none-any.whl" in found.files


def test_hashes_are_checked(index, bring):
    index("app")

    with pytest.raises(NotFetched, match=r"(?i)do not match"):
        bring("app==1.0 --hash=sha256:" + "0" * 64)


def test_the_second_time_nothing_is_fetched(index, bring):
    wheel = index("app")
    first = bring("app")
    wheel.unlink()

    assert bring("app") == first


def test_a_package_that_is_plain_python_is_built(bring, package, tmp_path):
    package(tmp_path / "mine", "mine")

    found = bring("-e ./mine", directory=str(tmp_path))

    assert names(found) == ["mine-1.0-py3-none-any.whl"]


def test_it_is_built_again_when_it_changes(bring, package, tmp_path):
    place = package(tmp_path / "mine", "mine")
    first = bring("./mine", directory=str(tmp_path))
    (place / "mine.py").write_text("changed = True\n")

    assert bring("./mine", directory=str(tmp_path)) != first


def test_one_that_was_compiled_here_does_not_go_elsewhere(bring, package, tmp_path, interpreter):
    package(tmp_path / "mine", "mine", tag="cp311-cp311-linux_x86_64")

    with pytest.raises(NotFetched, match="has to be compiled"):
        bring("./mine", directory=str(tmp_path), interpreter=interpreter)


def test_what_no_index_has(bring):
    with pytest.raises(NotFetched, match="No matching distribution found for absent"):
        bring("absent")


def test_what_cannot_be_had_may_be_left_out(index, bring):
    index("app")

    assert names(bring("absent==1", "app==1.0", is_lenient=True)) == ["app-1.0-py3-none-any.whl"]


def test_a_file_that_includes_others_is_not_taken_apart(bring):
    with pytest.raises(NotFetched, match="includes another file"):
        bring("-r other.txt")


def test_options_in_the_file_count(bring, index, tmp_path):
    (tmp_path / "other").mkdir()
    index("app").rename(tmp_path / "other/app-1.0-py3-none-any.whl")

    assert names(bring("--find-links other", "app", directory=str(tmp_path)))


def test_a_broken_wheel(bring, tmp_path):
    (tmp_path / "wheels/app-1.0-py3-none-any.whl").write_text("no zip file")

    with pytest.raises(NotFetched):
        bring("app", with_dependencies=True)


@pytest.mark.parametrize("version, wanted", [("3", (3, 13)), ("3.13", (3, 13)), ("3.9", (3, 9))])
def test_the_version_of_an_environment_may_be_short(interpreter, version, wanted):
    assert target(interpreter, version).version == wanted


# With the components


@pytest.fixture
def offline_pip(monkeypatch, tmp_path):
    """The components' pip finds nothing by itself."""

    def cut():
        (tmp_path / "wheels").rename(tmp_path / "gone")

    return cut


def test_packages_are_installed_from_what_was_shipped(root, index, deliver, offline_pip):
    index("app", needs=["lib"])
    index("lib")
    venv = VirtualEnv(VERSION, executable=PYTHON)
    root.component += venv
    venv += Package("app", version="1.0")
    venv.venv.__dict__.pop("_artifacts")  # no index has pip itself here
    deliver()
    offline_pip()

    root.component.deploy()
    root.component.deploy()

    assert root.component.changed is False
    venv.cmd([f"{venv.workdir}/bin/python", "-c", "import app, lib"])


def test_requirements_are_installed_from_what_was_shipped(
    root, index, deliver, offline_pip, package, tmp_path
):
    index("app")
    package(tmp_path / "mine", "mine")
    (tmp_path / "requirements.txt").write_text("app==1.0  # why\n-e ./mine\n")
    venv = VirtualEnv(VERSION, executable=PYTHON)
    root.component += venv
    venv += Requirements("requirements.txt")
    venv.venv.__dict__.pop("_artifacts")
    deliver()
    offline_pip()

    root.component.deploy()
    root.component.deploy()

    assert root.component.changed is False
    venv.cmd([f"{venv.workdir}/bin/python", "-c", "import app, mine"])
