"""Projects with a launcher, and tiny packages to install: no network, everything else is real."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from batou.project import launcher
from batou.project.scaffold import launcher_text, write_launcher

PROGRAM = """\
import json, os, sys

def main():
    print(json.dumps({
        "program": os.path.basename(sys.argv[0]),
        "arguments": sys.argv[1:],
        "cwd": os.getcwd(),
        "prefix": sys.prefix,
        "environ": dict(os.environ),
    }))
"""

BACKEND = '''\
"""A build backend that needs nothing: it zips one module."""
import base64, hashlib, os, re, zipfile

def _build(directory, editable):
    text = open("pyproject.toml").read()
    name, version = re.search('name = "(.*)"', text)[1], re.search('version = "(.*)"', text)[1]
    needs = re.search(r"dependencies = \\[(.*)\\]", text)[1].replace('"', "").split(",")
    info = f"{name}-{version}.dist-info"
    scripts = f"[console_scripts]\\n{name} = {name}:main\\n"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
        + "".join(f"Requires-Dist: {each.strip()}\\n" for each in needs if each.strip()),
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{info}/entry_points.txt": scripts,
    }
    if editable:
        files[f"{name}.pth"] = os.getcwd() + "\\n"
    else:
        files[f"{name}.py"] = open(f"{name}.py").read()
    files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in [*files, f"{info}/RECORD"])
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, wheel), "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return wheel

def build_wheel(directory, settings=None, metadata=None):
    return _build(directory, False)

def build_editable(directory, settings=None, metadata=None):
    return _build(directory, True)
'''


def write_wheel(directory: Path, name: str, version: str, needs: Sequence[str] = ()) -> Path:
    """A wheel with one module and one program, both called *name*."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": PROGRAM,
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    record = [
        f"{path},sha256={_encoded(text)},{len(text.encode())}" for path, text in files.items()
    ]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    wheel = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return wheel


def _encoded(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def write_package(directory: Path, name: str, version: str, needs: Sequence[str] = ()) -> None:
    """The sources of a package with one module and one program, both called *name*."""
    directory.mkdir(parents=True, exist_ok=True)
    listed = ", ".join(f'"{need}"' for need in needs)
    (directory / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\nversion = "{version}"\ndependencies = [{listed}]\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (directory / f"{name}.py").write_text(PROGRAM)
    (directory / "backend.py").write_text(BACKEND)


@dataclass
class Outcome:
    """What a launcher did."""

    code: int
    stdout: str
    stderr: str

    @property
    def seen(self) -> Any:
        """What the program that ran saw."""
        assert self.code == 0, self.stderr
        return json.loads(self.stdout)


@dataclass
class LauncherProject:
    """A project in a temporary directory, with packages that pip finds."""

    root: Path
    wheels: Path
    environ: dict[str, str] = field(default_factory=dict)

    def launcher(self, batou: str = "batou==9.0") -> None:
        write_launcher(self.root, launcher_text(batou))

    def require(self, text: str) -> None:
        (self.root / "requirements.txt").write_text(text)

    def locked_with(self, *archives: Path) -> None:
        """Give it the lock that it would have if only these were there."""
        change = launcher.Change(launcher.Project(str(self.root), "batou==9.0"))
        with change:
            lines = [f"# batou-requirements-hash: {change.hash()}\n"]
        for archive in archives:
            name, version = archive.name.split("-")[:2]
            digest = hashlib.sha256(archive.read_bytes()).hexdigest()
            lines.append(f"{name}=={version} \\\n    --hash=sha256:{digest}\n")
        (self.root / "requirements.lock").write_text("".join(lines))

    @property
    def batou(self) -> Path:
        """The stand-in for batou."""
        return self.wheels / "batou-9.0-py3-none-any.whl"

    @property
    def lock(self) -> str:
        return (self.root / "requirements.lock").read_text()

    @property
    def pins(self) -> list[str]:
        return re.findall(r"^[\w.-]+==\S+", self.lock, re.M)

    @property
    def environments(self) -> list[str]:
        """The environments there are, without the link to the current one."""
        places = (self.root / ".batou" / "environments").iterdir()
        return sorted(path.name for path in places if path.is_dir() and not path.is_symlink())

    def start(
        self, *arguments: str, name: str = "batou", **environ: str
    ) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.root / name, *arguments],
            env={**self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, name: str = "batou", **environ: str) -> Outcome:
        process = self.start(*arguments, name=name, **environ)
        stdout, stderr = process.communicate(timeout=100)
        return Outcome(process.returncode, stdout, stderr)


def make_project(place: Path) -> LauncherProject:
    """A locked project whose launcher runs a stand-in for batou, with this environment's pip."""
    root, wheels, home = place / "project", place / "wheels", place / "home"
    for directory in (root, wheels, home):
        directory.mkdir()
    write_wheel(wheels, "batou", "9.0")
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "BATOU_TOOLS": sys.executable,
    }
    project = LauncherProject(root, wheels, environ)
    project.launcher()
    project.require("")
    project.locked_with(project.batou)
    return project


@pytest.fixture
def project(tmp_path: Path) -> LauncherProject:
    """A project of its own, where nothing is installed yet."""
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> LauncherProject:
    """A project that is installed, for tests that change nothing."""
    project = make_project(tmp_path_factory.mktemp("ready"))
    project.run()
    for name in ("appenv", "fcio"):
        (project.root / name).symlink_to("batou")
    return project


@pytest.fixture
def wheel(project: LauncherProject) -> Callable[..., Path]:
    """Add a package to what pip finds."""

    def add(name: str, version: str = "1.0", needs: Sequence[str] = ()) -> Path:
        return write_wheel(project.wheels, name, version, needs)

    return add


@pytest.fixture
def package() -> Callable[..., None]:
    """Write the sources of a package."""
    return write_package
