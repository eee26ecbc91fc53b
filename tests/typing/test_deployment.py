"""The types that users see."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
def test_a_deployment_with_types_is_accepted_and_mistakes_are_found(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores"),
            *("--config-file", os.devnull, "--cache-dir", str(tmp_path)),
            str(HERE / "deployment.py"),
        ],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert done.returncode == 0, done.stdout + done.stderr
