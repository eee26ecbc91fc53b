"""dpkg is real where it is installed; apt-get never is: a stand-in notes what it is told."""

import os
from pathlib import Path

import pytest

from batou.component import RootComponent
from batou.errors import CmdExecutionError, UpdateNeeded
from batou.lib.package import DPKG, NotRoot

STANDIN = """#!/bin/sh
echo "$DEBIAN_FRONTEND: $*" >> {log}
exit {code}
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where stand-ins for programs go."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path), prepend=os.pathsep)
    return path


def standin(programs: Path, name: str, code: int = 0) -> Path:
    log = programs / f"{name}.log"
    (programs / name).write_text(STANDIN.format(log=log, code=code))
    (programs / name).chmod(0o755)
    return log


@pytest.mark.needs("dpkg-query")
def test_installed_package_is_left_alone(root: RootComponent) -> None:
    root.component += DPKG("dpkg")

    root.component.deploy()

    assert not root.component.changed


@pytest.mark.needs("dpkg-query")
def test_unknown_package_is_to_be_installed(root: RootComponent) -> None:
    package = DPKG("no-such-package")
    root.component += package

    with pytest.raises(UpdateNeeded, match="package is unknown, wanted installed"):
        package.verify()
    root.component.deploy(predict_only=True)

    assert package.changed


@pytest.mark.parametrize(
    "status, found", [("config-files", False), ("half-installed", False), ("installed", True)]
)
def test_only_what_is_wholly_there_is_installed(
    root: RootComponent, programs: Path, status: str, found: bool
) -> None:
    (programs / "dpkg-query").write_text(f"#!/bin/sh\necho {status}\n")
    (programs / "dpkg-query").chmod(0o755)
    root.component += DPKG("example")

    root.component.deploy(predict_only=True)

    assert root.component.changed is not found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_package_is_installed_without_questions(root: RootComponent, programs: Path) -> None:
    standin(programs, "dpkg-query", code=1)
    log = standin(programs, "apt-get")
    root.component += DPKG("example")

    root.component.deploy()

    said = log.read_text().strip()
    assert said.startswith("noninteractive: -qy -o ")
    assert "Dpkg::Options::=--force-confold" in said
    assert said.endswith(" install -- example")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_failure_of_apt_is_told(root: RootComponent, programs: Path) -> None:
    standin(programs, "dpkg-query", code=1)
    standin(programs, "apt-get", code=100)
    root.component += DPKG("example")

    with pytest.raises(CmdExecutionError, match="apt-get"):
        root.component.deploy()


def test_somebody_else_than_root_is_told_what_to_do(root: RootComponent, programs: Path) -> None:
    standin(programs, "dpkg-query", code=1)
    log = standin(programs, "apt-get")
    package = DPKG("example")
    root.component += package
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(NotRoot, match="cannot install package 'example'") as caught:
            package.update()
    finally:
        os.seteuid(before)

    assert "apt-get install example" in (caught.value.hint() or "")
    assert not log.exists()


def test_host_without_dpkg_says_so(
    root: RootComponent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    root.component += DPKG("example")

    with pytest.raises(CmdExecutionError, match="dpkg-query") as caught:
        root.component.deploy()

    assert caught.value.returncode == 127
