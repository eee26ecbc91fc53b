"""Environments of applications, filled from a directory of small wheels."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from batou.component import RootComponent
from batou.errors import CmdExecutionError, UpdateNeeded
from batou.lib.appenv import AppEnv, CleanupUnused, LockedRequirements, VirtualEnv

VERSION = "{}.{}".format(*sys.version_info)


def wheel(folder: Path, name: str, version: str, requires: str = "") -> str:
    """Make a wheel; returns its line in a lock."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    content = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in content.items():
            archive.writestr(member, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def lock(root: RootComponent, text: str) -> None:
    Path(root.defdir, "requirements.lock").write_text(text)


def add(root: RootComponent, version: str = VERSION, **kw: Any) -> AppEnv:
    """An AppEnv in place of those before."""
    root.component.sub_components.clear()
    root.component += (appenv := AppEnv(version, **kw))
    return appenv


def deploy(root: RootComponent) -> bool:
    root.component.deploy()
    changed: bool = root.component.changed
    return changed


def imported(root: RootComponent, name: str) -> str:
    script = f"import {name}; print({name}.version)"
    command = [os.path.join(root.workdir, "bin/python"), "-I", "-c", script]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


# Names


def test_missing_lock_is_told_when_configuring(root: RootComponent) -> None:
    with pytest.raises(FileNotFoundError, match=r"requirements\.lock"):
        add(root)


def test_environment_is_named_after_lock_and_versions(root: RootComponent) -> None:
    lock(root, "foo==1\n")
    first, again, pinned = add(root), add(root), add(root, pip_version="23.0")
    other = add(root, "2.9")
    lock(root, "foo==2\n")
    changed = add(root)

    assert first.env_hash == again.env_hash
    assert len({env.env_hash for env in (first, pinned, other, changed)}) == 4
    assert len(first.env_hash) == 8
    assert first.env_dir == f".appenv/{first.env_hash}"
    assert first.env_ready == f".appenv/{first.env_hash}/appenv.ready"
    assert first.last_env_hash is None
    assert first._breadcrumb == f"AppEnv({first.env_hash!r})"


def test_parts_come_in_their_order(root: RootComponent) -> None:
    lock(root, "")
    appenv = add(root)

    names = [type(part).__name__ for part in appenv.sub_components]
    assert names == [
        *("VirtualEnv", "File", "LockedRequirements", "File"),
        *("Symlink", "Symlink", "Symlink", "Symlink", "CleanupUnused"),
    ]


def part(appenv: AppEnv, kind: type[Any]) -> Any:
    (found,) = (part for part in appenv.sub_components if isinstance(part, kind))
    return found


# Real environments


@pytest.mark.slow
def test_each_lock_has_an_environment_of_its_own(
    root: RootComponent, wheels: Path, python: str
) -> None:
    hashes = []
    for version in ("1.0", "2.0"):
        lock(root, "# for {{host.name}}\n" + wheel(wheels, "foo", version))
        appenv = add(root, python)
        hashes.append(appenv.env_hash)

        assert deploy(root)
        assert not deploy(root)
        assert imported(root, "foo") == version

    work = Path(root.workdir)
    assert appenv.last_env_hash == hashes[0]
    assert (work / appenv.env_dir / "requirements.lock").read_text().startswith("# for localhost\n")
    assert set(os.listdir(work / ".appenv")) == {*hashes, "current"}
    assert os.readlink(work / ".appenv/current") == str(work / ".appenv" / hashes[1])
    assert {name: os.readlink(work / name) for name in ("bin", "lib", "pyvenv.cfg")} == {
        name: str(work / ".appenv/current" / name) for name in ("bin", "lib", "pyvenv.cfg")
    }


@pytest.mark.slow
def test_failed_installation_is_done_again(root: RootComponent, wheels: Path, python: str) -> None:
    line = wheel(wheels, "foo", "1.0", requires="bar")
    lock(root, line.replace("sha256:", "sha256:0"))
    add(root, python)
    with pytest.raises(CmdExecutionError, match="--require-hashes"):
        root.component.deploy()
    lock(root, line)
    appenv = add(root, python)

    with pytest.raises(CmdExecutionError, match=r"pip .* check") as caught:
        root.component.deploy()

    assert "requires bar, which is not installed" in str(caught.value.stdout)
    assert not Path(root.workdir, appenv.env_ready).exists()
    assert not Path(root.workdir, "bin").exists()


@pytest.mark.slow
def test_pip_may_be_pinned(root: RootComponent, wheels: Path, python: str) -> None:
    lock(root, "")
    add(root, python, pip_version="99.0")

    with pytest.raises(CmdExecutionError) as caught:
        root.component.deploy()

    assert "No matching distribution found for pip==99.0" in str(caught.value.stderr)


# Decisions, without an environment


@pytest.fixture
def appenv(root: RootComponent) -> AppEnv:
    """An AppEnv that looks ready."""
    lock(root, "")
    appenv = add(root)
    folder = Path(root.workdir, appenv.env_dir)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(sys.executable)
    (folder / "appenv.ready").touch()
    os.chdir(root.workdir)
    return appenv


def test_ready_environment_is_left_alone(appenv: AppEnv) -> None:
    part(appenv, VirtualEnv).verify()
    part(appenv, LockedRequirements).verify()


def test_environment_whose_interpreter_is_gone_is_made_again(appenv: AppEnv) -> None:
    python = Path(appenv.env_dir, "bin/python")
    python.unlink()
    python.symlink_to("/nonexistent")

    with pytest.raises(UpdateNeeded, match="leads to no interpreter"):
        part(appenv, VirtualEnv).verify()


@pytest.mark.parametrize("kind", [VirtualEnv, LockedRequirements])
def test_environment_that_is_not_ready_is_made_again(appenv: AppEnv, kind: type[Any]) -> None:
    os.unlink(appenv.env_ready)

    with pytest.raises(UpdateNeeded, match=r"appenv\.ready' is missing"):
        part(appenv, kind).verify()


def test_environment_before_the_current_one_is_remembered(
    root: RootComponent, appenv: AppEnv
) -> None:
    os.symlink(os.path.abspath(appenv.env_dir), ".appenv/current")
    lock(root, "foo==1\n")

    assert add(root).last_env_hash == appenv.env_hash


def test_only_unused_environments_are_removed(root: RootComponent, appenv: AppEnv) -> None:
    for name in ("before", "unused", "older"):
        os.makedirs(f".appenv/{name}/bin")
    os.symlink("/nonexistent", ".appenv/dangling")
    appenv.last_env_hash = "before"
    cleanup = part(appenv, CleanupUnused)

    with pytest.raises(UpdateNeeded, match="unused: dangling, older, unused"):
        cleanup.verify()
    cleanup.update()
    cleanup.verify()

    assert sorted(os.listdir(".appenv")) == sorted([appenv.env_hash, "before"])


def test_predicting_makes_nothing(root: RootComponent) -> None:
    lock(root, "")
    add(root)

    root.component.deploy(predict_only=True)

    assert root.component.changed
    assert os.listdir(root.workdir) == []
