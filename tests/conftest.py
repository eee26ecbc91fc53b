"""What all tests share."""

import shutil

import pytest

pytest_plugins = ["batou.fixtures"]


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
    missing = [
        program
        for marker in item.iter_markers("needs")
        for program in marker.args
        if not shutil.which(program)
    ]
    if missing and item.config.getoption("--require-programs"):
        pytest.fail(f"missing: {', '.join(missing)}", pytrace=False)
    elif missing:
        pytest.skip(f"missing: {', '.join(missing)}")
