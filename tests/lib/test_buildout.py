"""A real virtual environment, and a small wheel in place of zc.buildout that tells what it got."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest

from batou.component import Component, RootComponent
from batou.errors import CmdExecutionError, ConfigurationError
from batou.lib.buildout import Buildout, safe_environment
from batou.lib.file import File
from batou.lib.python import Package, VirtualEnv

PYTHON: str = os.path.realpath(sys.executable)
VERSION = "{}.{}".format(*sys.version_info)

STANDIN = """
import os, sys
def main():
    with open(sys.argv[-1]) as config, open(".installed.cfg", "a") as installed:
        print(sys.argv[1:], config.read().strip(), os.environ.get("FLAVOUR"), file=installed)
    sys.exit("fail" in os.environ.get("FLAVOUR", "") and "no such part")
"""


def wheel(folder: Path, name: str, version: str, module: str, text: str, script: str = "") -> None:
    info = f"{name}-{version}.dist-info"
    content = {
        f"{module}.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        content[f"{info}/entry_points.txt"] = f"[console_scripts]\n{script} = {module}:main\n"
    content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for member, written in content.items():
            archive.writestr(member, written)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one place where pip finds packages."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_COMPILE", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    wheel(folder, "zc.buildout", "3.0", "standin", STANDIN, script="buildout")
    wheel(folder, "setuptools", "1.0", "setuptools_standin", "")
    return folder


@pytest.fixture
def buildout(root: RootComponent, wheels: Path) -> dict[str, Any]:
    """Arguments for the environment that lies in the work directory already."""
    stdlib, debian = Path(sysconfig.get_path("stdlib")), Path("/usr/share/python-wheels")
    places = stdlib / "ensurepip/_bundled", debian
    found = sorted(path for place in places for path in place.glob("pip-*.whl"))
    if not found:
        pytest.skip("this Python brings no wheel of pip along")
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", root.workdir], check=True)
    with zipfile.ZipFile(found[0]) as archive:
        archive.extractall(Path(root.workdir, f"lib/python{VERSION}/site-packages"))
    Path(root.defdir, "buildout.cfg").write_text("[buildout]")
    return {"python": VERSION, "executable": PYTHON, "setuptools": "1.0", "version": "3.0"}


def deploy(root: RootComponent, component: Component | None = None) -> bool:
    """Whether something changed, after *component* took the place of the one before."""
    if component:
        root.component.sub_components.clear()
        root.component += component
    root.component.deploy()
    changed: bool = root.component.changed
    return changed


def runs(root: RootComponent) -> list[str]:
    return Path(root.workdir, ".installed.cfg").read_text().splitlines()


# What it is made of


def arguments(**kw: Any) -> dict[str, Any]:
    return {"python": "3.11", "setuptools": "68.0.0", "config": File("a.cfg", content="a"), **kw}


@pytest.mark.parametrize(
    "kw, words", [({"setuptools": None}, "setuptools='VERSION'"), ({"python": None}, "python=")]
)
def test_missing_versions_are_told(root: RootComponent, kw: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        root.component += Buildout(**arguments(**kw))

    assert isinstance(caught.value, ConfigurationError)


def test_packages_are_installed_in_order(root: RootComponent) -> None:
    versions = {"wheel": "0.40.0", "pip": "23.0", "packaging": "24.0", "distribute": "0.6"}
    root.component += (buildout := Buildout(**arguments(**versions, version="3.0", timeout=7)))

    (venv,) = (found for found in buildout.sub_components if isinstance(found, VirtualEnv))
    packages = [found for found in venv.sub_components if isinstance(found, Package)]
    assert [package._requirement for package in packages] == [
        "distribute==0.6",
        "setuptools==68.0.0",
        "wheel==0.40.0",
        "pip==23.0",
        "packaging==24.0",
        "zc.buildout==3.0",
    ]
    assert {package.timeout for package in packages} == {7}
    assert [package.dependencies for package in packages] == [True] * 5 + [False]


def test_timeout_is_that_of_the_environment(root: RootComponent) -> None:
    root.environment.timeout = 23
    root.component += (buildout := Buildout(**arguments()))

    assert buildout.timeout == 23


def test_configurations_come_first_in_their_order(root: RootComponent) -> None:
    files = [File(f"{name}.cfg", content=name) for name in "abc"]
    one, more = Buildout(**arguments(config=files[0])), Buildout(**arguments(config=files[:2]))

    root.component += one
    root.component += more

    assert one.sub_components[:1] == files[:1]
    assert more.sub_components[:2] == files[:2]
    root.component += (added := Buildout(**arguments(additional_config=[files[2]])))
    assert added.sub_components[:2] == [added.config[0], files[2]]


def test_default_configuration_is_a_template_of_the_parent(root: RootComponent) -> None:
    Path(root.defdir, "buildout.cfg").write_text("[{{component.flavour}}]")

    class App(Component):
        flavour = "sweet"

        def configure(self) -> None:
            self += Buildout(**arguments(config=None))

    root.component += (app := App())

    (buildout,) = app.sub_components
    assert buildout.sub_components[0].content == b"[sweet]"  # type: ignore[attr-defined]


def test_default_configuration_may_be_left_out(root: RootComponent) -> None:
    root.component += (buildout := Buildout(**arguments(config=None, use_default=False)))

    assert isinstance(buildout.sub_components[0], VirtualEnv)


def test_class_defaults_are_not_shared(root: RootComponent) -> None:
    given = {"A": "1"}
    one, other, third = Buildout(), Buildout(), Buildout(build_env=given)

    one.build_env["X"] = third.build_env["X"] = "1"  # type: ignore[index]  # as deployments do

    assert (other.build_env, Buildout.build_env, given) == ({}, {}, {"A": "1"})


# What it does


@pytest.mark.slow
def test_buildout_runs_once(root: RootComponent, buildout: dict[str, Any]) -> None:
    environment = {"FLAVOUR": "{BASE}/x", "PATH": "{PATH}:/opt/{BASE}"}
    os.environ["BASE"] = "sweet"
    try:
        assert deploy(root, Buildout(**buildout, timeout=9, build_env=environment))
        assert not deploy(root)
    finally:
        del os.environ["BASE"]

    assert runs(root) == ["['-t', '9', '-c', 'buildout.cfg'] [buildout] sweet/x"]
    assert Path(root.workdir, ".batou.buildout.success").exists()
    assert "FLAVOUR" not in os.environ
    assert "/opt/sweet" not in os.environ["PATH"]

    Path(root.defdir, "buildout.cfg").write_text("[changed]")
    assert deploy(root, Buildout(**buildout, timeout=9))
    assert runs(root)[1:] == ["['-t', '9', '-c', 'buildout.cfg'] [changed] None"]

    Path(root.workdir, ".batou.buildout.success").unlink()
    assert deploy(root)
    assert not deploy(root)


@pytest.mark.slow
def test_failed_buildout_runs_again(root: RootComponent, buildout: dict[str, Any]) -> None:
    root.component += Buildout(**buildout, build_env={"FLAVOUR": "fail"})

    with pytest.raises(CmdExecutionError) as caught:
        root.component.deploy()

    assert caught.value.stderr == "no such part\n"
    assert deploy(root, Buildout(**buildout, build_env={"FLAVOUR": "fine"}))
    assert len(runs(root)) == 2
    assert not deploy(root)


@pytest.mark.slow
def test_other_configuration_file_may_be_named(
    root: RootComponent, buildout: dict[str, Any]
) -> None:
    more = File("more.cfg", content="[more]")
    component = Buildout(**buildout, additional_config=[more], config_file_name="more.cfg")

    assert deploy(root, component)

    assert runs(root)[0].endswith("'more.cfg'] [more] None")
    assert Path(root.workdir, "buildout.cfg").exists()


# Variables


def test_variables_are_set_inside_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWN", "old")
    monkeypatch.delenv("NEW", raising=False)

    with safe_environment({"KNOWN": "{KNOWN}er", "NEW": "{KNOWN}"}):
        inside = os.environ["KNOWN"], os.environ["NEW"]

    assert inside == ("older", "old")
    assert (os.environ["KNOWN"], os.environ.get("NEW")) == ("old", None)


@pytest.mark.parametrize("value", ["{NO_SUCH_THING}", "{", "{}"])
def test_variable_that_cannot_be_expanded_is_named_without_its_value(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot expand build_env\['B'\]") as caught:
        with safe_environment({"B": f"s3cret{value}"}):
            pass

    assert "s3cret" not in str(caught.value)
