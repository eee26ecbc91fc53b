"""The fixtures of a deployment, made for one run of pytest, because its hosts are parameters."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from batou.errors import ReportingException
from batou.report.masking import Masker
from batou.testing.deployed import Deployed, in_directory, printing
from batou.testing.trial.deployment import deploy
from batou.testing.trial.projecttests import FIXTURES
from batou.testing.trial.stage import Stage
from batou.testing.trial.wish import Wish

Open = Callable[[ExitStack], Deployed]


def plugin_of(config: pytest.Config) -> ModuleType:
    """A plugin with `deployed`, `host` and `batou_run` for what the options ask for.

    Raises pytest.UsageError if there is no such environment.
    """
    project = project_above(config.invocation_params.dir)
    if file := config.getoption("--batou-stage"):
        stage = Stage.read(Path(file))
        platforms = {host.name: host.platform for host in stage.hosts}
        return _plugin(platforms, lambda stack: Deployed(stage, project), FIXTURES)
    wish = Wish(
        environment=config.getoption("--batou-env"),
        platform=config.getoption("--batou-platform"),
        has_fake_secrets=config.getoption("--batou-fake-secrets"),
    )
    with in_directory(project):
        platforms = _platforms(wish)
    return _plugin(platforms, lambda stack: _deploy(wish, project, stack), ())


def project_above(directory: Path) -> Path:
    """The project at or above *directory*; raises pytest.UsageError if there is none."""
    from batou.cli.project import find_project

    found = os.environ.get("APPENV_BASEDIR") or find_project(str(directory))
    if found is None:
        raise pytest.UsageError(f"there is no batou project at or above {directory}")
    return Path(found)


def takes(item: Any, platforms: dict[str, str], wanted: tuple[str, ...]) -> bool:
    """Whether *item* runs: it asks for one of the fixtures *wanted*, and its platform is here.

    *platforms* are by host. Any test runs if no fixtures are wanted.
    """
    if wanted and not set(wanted) & set(getattr(item, "fixturenames", ())):
        return False
    names = {name for mark in item.iter_markers("platform") for name in mark.args}
    host = getattr(getattr(item, "callspec", None), "params", {}).get("host")
    here = {platforms[host]} if host in platforms else set(platforms.values())
    return not names or bool(names & here)


def _plugin(platforms: dict[str, str], open_: Open, wanted: tuple[str, ...]) -> ModuleType:
    """A module, because only in those pytest finds fixtures that are made just now."""

    def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
        left = [item for item in items if not takes(item, platforms, wanted)]
        if left:
            config.hook.pytest_deselected(items=left)
            items[:] = [item for item in items if item not in left]

    @pytest.fixture(scope="session")
    def deployed() -> Iterator[Deployed]:
        """The environment, deployed."""
        with ExitStack() as stack:
            yield open_(stack)

    @pytest.fixture(scope="session", params=sorted(platforms))
    def host(request: pytest.FixtureRequest, deployed: Deployed) -> Any:
        """Each host of the environment, one after the other, as testinfra sees it."""
        return deployed.hosts[request.param]

    @pytest.fixture
    def batou_run(deployed: Deployed) -> Any:
        """A function that plans or deploys again."""
        return deployed.run

    plugin = ModuleType("batou.testing.hostfixtures.made")
    for part in (pytest_collection_modifyitems, deployed, host, batou_run):
        setattr(plugin, part.__name__, part)
    return plugin


def _platforms(wish: Wish) -> dict[str, str]:
    from batou.deploy.load import Aborted

    try:
        _, parts = wish.cast()
    except Aborted as aborted:
        raise pytest.UsageError("\n".join(map(str, aborted.errors))) from None
    except ReportingException as error:
        raise pytest.UsageError(error.summary()) from None
    return {part.host: part.platform or part.image for part in parts}


def _deploy(wish: Wish, project: Path, stack: ExitStack) -> Deployed:
    """Deploy into containers that are removed with *stack*; fails the test if that fails."""
    from batou.testing.trial.ground import open_fleet
    from batou.testing.trial.trial import stage_of

    masker = Masker()
    stack.enter_context(printing(masker))
    try:
        with in_directory(project):
            environment, parts = wish.cast()
            ground = stack.enter_context(open_fleet(wish, parts))
            stage = stage_of(wish, environment, ground)
            done = deploy(stage.options(), masker)
    except ReportingException as error:
        pytest.fail(f"{error.summary()}\n{error.hint() or ''}", pytrace=False)
    if not done.is_done:
        told = "\n".join(failure.headline for failure in done.failures)
        pytest.fail(f"the deployment failed: {told}", pytrace=False)
    return Deployed(stage, project, masker)
