"""Projects, repositories and wheels to make bundles of."""

import base64
import hashlib
import importlib
import os
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from batou.bundle.cache import Cache
from batou.bundle.interpreter import Interpreter
from batou.bundle.wheelfile import unpack
from batou.environment import Environment

FACTS = {
    "python": [3, 13, 2],
    "implementation": "cpython",
    "machine": "aarch64",
    "system": "Linux",
    "libc": ["glibc", "2.36"],
    "pointer": 64,
}

CONFIG = "[environment]\n{settings}\n[hosts]\nlocalhost = hello\n"

COMPONENT = "from batou.component import Component\n\n\nclass Hello(Component):\n    pass\n"


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Project:
    """A directory with a deployment in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("environments/prod/environment.cfg", CONFIG.format(settings=""))
        self.write("components/hello/component.py", COMPONENT)

    def write(self, name: str, content: str | bytes = "", mode: int = 0o644) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)
        return file

    def configure(self, **settings: str) -> None:
        """Write environment.cfg with these settings."""
        lines = "\n".join(f"{key} = {value}" for key, value in settings.items())
        self.write("environments/prod/environment.cfg", CONFIG.format(settings=lines))

    @property
    def environment(self) -> Environment:
        environment = Environment("prod", basedir=self.path)
        environment.load()
        assert environment.exceptions == []
        return environment

    @property
    def cache(self) -> Cache:
        return Cache(str(self.path / ".batou/cache"))


class GitProject(Project):
    """A project in a Git repository whose *origin* has all commits of its branch master."""

    def __init__(self, repository: Path, origin: Path, below: str = ".") -> None:
        self.repository = repository
        super().__init__(repository / below)
        git(origin.parent, "init", "--quiet", "--bare", "--initial-branch=master", str(origin))
        git(repository, "init", "--quiet", "--initial-branch=master")
        git(repository, "remote", "add", "origin", str(origin))
        self.configure(update_method="git-bundle")
        self.commit()
        self.push()

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "work")
        return self.git("rev-parse", "HEAD")

    def push(self) -> None:
        self.git("push", "--quiet", "origin", "HEAD")

    def git(self, *arguments: str) -> str:
        return git(self.repository, *arguments)


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the settings nor the index of whoever runs the tests count."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    settings = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_ALLOW_PROTOCOL": "file",
        "HGRCPATH": "",
        "HGUSER": "Ada",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")


@pytest.fixture
def git_project(tmp_path: Path) -> GitProject:
    (tmp_path / "repository").mkdir()
    return GitProject(tmp_path / "repository", tmp_path / "origin.git")


@pytest.fixture
def nested_project(tmp_path: Path) -> GitProject:
    """A deployment below the root of its repository."""
    (tmp_path / "nested").mkdir()
    return GitProject(tmp_path / "nested", tmp_path / "nested.git", "deploy/site")


@pytest.fixture
def interpreter() -> Interpreter:
    """A kind of host that is not like this machine."""
    return Interpreter.of(FACTS)


@pytest.fixture
def facts() -> dict[str, object]:
    return dict(FACTS)


# Wheels


def _record(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}"


def make_wheel(
    directory: Path,
    name: str,
    version: str = "1.0",
    tag: str = "py3-none-any",
    needs: Sequence[str] = (),
    python: str = "",
    files: Mapping[str, str | bytes] | None = None,
) -> Path:
    """A wheel with the module *name*, or with *files*."""
    described = f"{name}-{version}.dist-info"
    content = {
        key: text.encode() if isinstance(text, str) else text
        for key, text in (files or {f"{name}.py": f"VERSION = {version!r}\n"}).items()
    }
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {need}" for need in needs]
    lines += [f"Requires-Python: {python}"] if python else []
    content[f"{described}/METADATA"] = "\n".join([*lines, "", ""]).encode()
    pure = "true" if tag.endswith("-any") else "false"
    wheel = f"Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\nTag: {tag}\n"
    content[f"{described}/WHEEL"] = wheel.encode()
    record = [*(_record(key, value) for key, value in content.items()), f"{described}/RECORD,,"]
    content[f"{described}/RECORD"] = "\n".join([*record, ""]).encode()
    path = directory / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for key, value in content.items():
            archive.writestr(zipfile.ZipInfo(key), value)
    return path


@pytest.fixture
def index(tmp_path: Path) -> Callable[..., Path]:
    """Puts a wheel where pip finds it."""

    def put(name: str, version: str = "1.0", tag: str = "py3-none-any", **more: object) -> Path:
        return make_wheel(tmp_path / "wheels", name, version, tag, **more)  # type: ignore[arg-type]

    return put


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Installs a wheel into the environment that the tests run in, for one test."""
    built, site = tmp_path / "built", tmp_path / "site"
    built.mkdir()
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def put(name: str, version: str = "1.0", tag: str = "py3-none-any", **more: object) -> Path:
        unpack(str(make_wheel(built, name, version, tag, **more)), str(site))  # type: ignore[arg-type]
        importlib.invalidate_caches()
        return site

    return put


BACKEND = '''\
"""Builds a wheel of all modules beside it; writes what the environment says into one of them."""
import os, zipfile

def build_wheel(directory, settings=None, metadata=None):
    name = "{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for file in sorted(os.listdir(".")):
            if file.endswith(".py") and file != "backend.py":
                archive.write(file)
        info = "{name}-{version}.dist-info"
        archive.writestr(info + "/METADATA", """Metadata-Version: 2.4
Name: {name}
Version: {version}
Summary: made by {generator}
""")
        archive.writestr(info + "/WHEEL", """Wheel-Version: 1.0
Generator: {generator}
Root-Is-Purelib: true
Tag: {tag}
""")
        archive.writestr(info + "/RECORD", "")
    return name
'''


@pytest.fixture
def package() -> Callable[..., Path]:
    """Makes the directory of a package that builds itself without further tools."""

    def make(
        directory: Path,
        name: str,
        version: str = "1.0",
        tag: str = "py3-none-any",
        generator: str = "tool 1",
    ) -> Path:
        directory.mkdir(parents=True)
        backend = BACKEND.format(name=name, version=version, tag=tag, generator=generator)
        (directory / "backend.py").write_text(backend)
        (directory / f"{name}.py").write_text(f"VERSION = {version!r}\n")
        (directory / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        )
        return directory

    return make
