"""Hosts in containers, and batou run on projects that use them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from batou.testing.engine import Engine, find_engine
from batou.testing.errors import NoEngine
from batou.testing.fleet import Fleet, Member, Network
from batou.testing.hosts import SSHHosts, TestHost, make_key, ssh_config
from batou.testing.images import Images
from batou.testing.platforms import Platform, folders
from batou.testing.platforms import platform as find_platform

LOGIN = "admin"
"""Who logs in by ssh, and may become anybody by sudo."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--platform",
        action="append",
        metavar="NAME",
        help="run on hosts of this platform, or on 'all'; may be repeated (default: ubuntu)",
    )
    parser.addoption(
        "--require-containers",
        action="store_true",
        help="fail tests if no container engine answers, instead of skipping them (CI does)",
    )
    parser.addoption(
        "--require-programs",
        action="store_true",
        help="fail tests whose program is missing, instead of skipping them (CI does)",
    )


# Platforms


def chosen(config: pytest.Config) -> list[str]:
    """The platforms that this run is for."""
    asked = config.getoption("--platform") or ["ubuntu"]
    return sorted(folders()) if "all" in asked else list(dict.fromkeys(asked))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "platform" not in metafunc.fixturenames:
        return
    wanted = [name for mark in metafunc.definition.iter_markers("platform") for name in mark.args]
    names = [name for name in chosen(metafunc.config) if not wanted or name in wanted]
    metafunc.parametrize("platform", names, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for other platforms, and give the first test time to build images."""
    staying, going = [], []
    for item in items:
        wanted = [name for mark in item.iter_markers("platform") for name in mark.args]
        is_wanted = not wanted or set(wanted) & set(chosen(config))
        (staying if is_wanted else going).append(item)
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))
    if going:
        items[:] = staying
        config.hook.pytest_deselected(items=going)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    needed = [program for marker in item.iter_markers("needs") for program in marker.args]
    missing = [program for program in needed if not shutil.which(program)]
    if missing and item.config.getoption("--require-programs"):
        pytest.fail(f"missing: {', '.join(missing)}", pytrace=False)
    elif missing:
        pytest.skip(f"missing: {', '.join(missing)}")


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Engine:
    """The container engine."""
    try:
        return find_engine()
    except NoEngine as error:
        reason = "\n".join([error.summary(), *(": ".join(row) for row in error.rows())])
        if pytestconfig.getoption("--require-containers"):
            pytest.fail(f"{reason}\n{error.hint()}", pytrace=False)
        pytest.skip(reason.replace("\n", "; "))


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Platform:
    """The platform that the test runs on, one after the other."""
    return find_platform(request.param)


@pytest.fixture(scope="session")
def image(engine: Engine, platform: Platform, pytestconfig: pytest.Config) -> str:
    """The image of the platform; built if need be."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def tell(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{line}", flush=True)

    return Images(engine, tell).of([platform])[platform.name]


# Hosts


@pytest.fixture(scope="module")
def hosts(
    engine: Engine, platform: Platform, image: str
) -> Iterator[Callable[..., tuple[TestHost, ...]]]:
    """Makes hosts, which stay until the module ends: ``hosts("web1", "web2", user="app")``."""
    with ExitStack() as stack:

        def make(
            *names: str,
            user: str | None = None,
            login: str | None = None,
            key: str | None = None,
            systemd: bool = False,
            network: Network = "internal",
        ) -> tuple[TestHost, ...]:
            members = [
                Member(
                    name,
                    platform,
                    (f"{name}.example.com",),
                    user=user,
                    login=login,
                    key=key,
                    systemd=systemd,
                )
                for name in names
            ]
            fleet = Fleet(engine, members, network, images={platform.name: image})
            stack.enter_context(fleet)
            return tuple(TestHost(fleet, member) for member in members)

        yield make


@pytest.fixture(scope="module")
def ssh_hosts(
    hosts: Callable[..., tuple[TestHost, ...]], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., SSHHosts]:
    """Makes hosts in which sshd runs: ``ssh_hosts("web1", user="app")``."""

    def make(*names: str, login: str = LOGIN, **options: Any) -> SSHHosts:
        place = tmp_path_factory.mktemp("ssh")
        key = make_key(place)
        public = key.with_suffix(".pub").read_text()
        made = hosts(*names, login=login, key=public, **options)
        file = place / "ssh_config"
        file.write_text(ssh_config(made, key, login))
        return SSHHosts(made, file, key)

    return make


# Projects


@pytest.fixture
def project(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[str | Path | Mapping[str, str]], Path]:
    """Copies a project: a directory beside the test, or files by name."""

    def make(
        source: str | Path | Mapping[str, str], ssh_config: Path | None = None, **values: str
    ) -> Path:
        place = tmp_path / "project"
        if isinstance(source, Mapping):
            for name, text in source.items():
                path = place / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        else:
            shutil.copytree(request.path.parent / source, place, symlinks=True)
        for path in place.glob("environments/*/environment.cfg"):
            text = path.read_text()
            for key, value in values.items():
                text = text.replace(f"@{key}@", value)
            path.write_text(text)
        if ssh_config is not None:
            shutil.copy(ssh_config, place / "ssh_config")
        return place

    return make


@dataclass(frozen=True)
class Result:
    """How a run of batou has ended."""

    code: int
    output: str
    """Standard output and error, in the order that they were printed."""

    events: tuple[Mapping[str, Any], ...]
    """With ``--format json``: what was printed on standard output."""


@pytest.fixture
def batou(tmp_path: Path) -> Callable[..., Result]:
    """Runs batou on a project: ``batou(project, "deploy", "dev", expect=0)``."""

    def run(
        project: Path,
        *arguments: str,
        expect: int | None = 0,
        env: Mapping[str, str] | None = None,
        timeout: float = 300,
    ) -> Result:
        is_json = "json" in arguments
        done = subprocess.run(
            [sys.executable, "-m", "batou", *arguments],
            cwd=project,
            env={**os.environ, "APPENV_BASEDIR": str(project), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if is_json else subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
        events = tuple(parsed(done.stdout.splitlines())) if is_json else ()
        result = Result(done.returncode, done.stdout + (done.stderr or ""), events)
        if expect is not None and result.code != expect:
            pytest.fail(f"batou {' '.join(arguments)}: exit {result.code}\n{result.output}")
        return result

    return run


def parsed(lines: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        yield json.loads(line)
