"""A fresh interpreter in which imports are refused."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

REFUSING = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if is_refused(name):
            raise ImportError(f"{name} must not be needed here")
        return None

for name in [name for name in sys.modules if is_refused(name)]:
    del sys.modules[name]  # what the environment's own start-up has loaded
sys.meta_path.insert(0, Refusing())
"""


@pytest.fixture
def refusing() -> Callable[..., str]:
    """Runs source in a fresh interpreter; *rule* is an expression over ``name``, a module's."""

    def run(rule: str, source: str, given: str = "", timeout: float = 60) -> str:
        program = f"def is_refused(name):\n    import sys\n    return {rule}\n{REFUSING}"
        done = subprocess.run(
            [sys.executable, "-c", program + textwrap.dedent(source)],
            input=given,
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=REPOSITORY,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
