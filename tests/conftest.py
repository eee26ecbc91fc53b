"""What all tests share."""

import os
import shutil
from collections.abc import Callable
from functools import partial
from glob import glob

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["batou.fixtures"]

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-programs",
        action="store_true",
        help="fail tests whose program is missing, instead of skipping them (CI does)",
    )
    parser.addoption(
        "--golden",
        action="store_true",
        help="write what broken projects print, instead of comparing",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        need(item.config, *marker.args)


OFF_PATH = glob("/usr/lib/postgresql/*/bin")
"""Where Debian keeps programs that people call by others."""


def find_program(name: str) -> str | None:
    """The path of a program."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(OFF_PATH))


def need(config: pytest.Config, *programs: str) -> None:
    """Skip or, with ``--require-programs``, fail the test whose program is missing."""
    missing = [program for program in programs if not find_program(program)]
    if missing and config.getoption("--require-programs"):
        pytest.fail(f"missing: {', '.join(missing)}", pytrace=False)
    elif missing:
        pytest.skip(f"missing: {', '.join(missing)}")


@pytest.fixture(scope="session")
def require_program(pytestconfig: pytest.Config) -> Callable[..., None]:
    """What fixtures call that need a program."""
    return partial(need, pytestconfig)
