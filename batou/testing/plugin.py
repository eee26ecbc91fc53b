"""The pytest plugin: tests of what was deployed. It does nothing until it is asked to.

Without ``--batou-env`` it only makes the tests skip that need a deployment, and loads
nothing. Fixtures of a suite that are called alike win, as always in pytest.
"""

from typing import Any

import pytest

NEEDS = "needs a deployment: run `./batou test ENVIRONMENT`, or pytest with --batou-env ENVIRONMENT"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("batou", "tests of what batou deploys")
    group.addoption(
        "--batou-env",
        metavar="NAME",
        help="deploy this environment into containers, for tests that ask for it",
    )
    group.addoption(
        "--batou-platform",
        metavar="NAME",
        help="only hosts of this platform; those that name none are of it",
    )
    group.addoption(
        "--batou-fake-secrets",
        action="store_true",
        help="make secrets up instead of decrypting them",
    )
    group.addoption("--batou-stage", metavar="FILE", help=_argparse_suppress())


def _argparse_suppress() -> str:
    import argparse

    return argparse.SUPPRESS


def pytest_configure(config: pytest.Config) -> None:
    """Tell about the marker; load the rest if it is needed."""
    config.addinivalue_line("markers", "platform(name, ...): runs on hosts of these platforms only")
    if config.getoption("--batou-env") or config.getoption("--batou-stage"):
        from batou.testing.hostfixtures import plugin_of

        # later than all others, so that its `host` is used and not the one of testinfra
        config.pluginmanager.register(plugin_of(config), "batou.testing.hostfixtures")


@pytest.fixture(scope="session")
def deployed() -> Any:
    """What was deployed: see `batou.testing.deployed.Deployed`."""
    pytest.skip(NEEDS)


@pytest.fixture(scope="session")
def batou_run() -> Any:
    """Plan or deploy again: ``batou_run("plan")``, ``batou_run("deploy", hosts=["web"])``."""
    pytest.skip(NEEDS)
