"""``batou images``."""

import os
import subprocess
import sys

import pytest


def batou(*arguments, cwd, **env):
    done = subprocess.run(
        [sys.executable, "-m", "batou", *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    return done.returncode, done.stdout


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.delenv("APPENV_BASEDIR", raising=False)
    return tmp_path


def test_without_an_engine_the_remedy_is_told(place):
    code, said = batou("images", "list", cwd=place, BATOU_ENGINE="no-such-engine")

    assert code == 1
    assert "ERROR: no container engine answers" in said
    assert "no-such-engine: is not installed" in said
    assert "install docker or podman" in said
    assert "Traceback" not in said


def test_an_unknown_platform_is_told(place):
    code, said = batou("images", "build", "ubunto", cwd=place, BATOU_ENGINE="no-such-engine")

    assert code == 1
    assert "there is no image for the platform 'ubunto'" in said
