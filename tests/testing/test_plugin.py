"""The pytest plugin, in runs of pytest of its own."""

import os
import subprocess
import sys

import pytest

CALM = ["-p", "no:cacheprovider", "-p", "batou.testing.plugin", "-q"]


@pytest.fixture
def suite(tmp_path):
    """A function that runs pytest on files, and returns what it prints."""

    def run(files, *words, code=0):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        environ.pop("APPENV_BASEDIR", None)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *CALM, *words],
            cwd=tmp_path,
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    return run


def test_without_deployment_its_tests_are_skipped_and_nothing_is_loaded(suite):
    said = suite(
        {
            "test_it.py": "import sys\n"
            "def test_deployed(deployed): assert False\n"
            "def test_run(batou_run): assert False\n"
            "def test_light():\n"
            "    assert not [m for m in sys.modules if m.startswith(('docker', 'batou.deploy'))]\n"
        },
        "-rs",
    )

    assert "1 passed, 2 skipped" in said
    assert "needs a deployment: run `./batou test ENVIRONMENT`" in said


def test_a_suite_may_have_a_host_of_its_own(suite):
    said = suite(
        {
            "conftest.py": "import pytest\n@pytest.fixture\ndef host(): return 'mine'\n",
            "test_it.py": "def test_host(host): assert host == 'mine'\n",
        }
    )

    assert "1 passed" in said


ENVIRONMENT = "[host:web]\nplatform = ubuntu\ncomponents =\n[host:db]\ncomponents =\n"
PROJECT = {"environments/dev/environment.cfg": ENVIRONMENT, "components/README": ""}


def test_hosts_of_the_environment_are_parameters(suite):
    tests = (
        "import pytest\n"
        "def test_every(host): pass\n"
        "@pytest.mark.platform('ubuntu')\n"
        "def test_ubuntu(host): pass\n"
        "@pytest.mark.platform('nixos')\n"
        "def test_nixos(host): pass\n"
    )

    said = suite({**PROJECT, "test_it.py": tests}, "--batou-env", "dev", "--collect-only")

    for name in ("test_every[web]", "test_every[db]", "test_ubuntu[web]"):
        assert name in said
    assert "test_nixos" not in said
    assert "test_ubuntu[db]" not in said


def test_a_host_of_the_suite_wins_over_those_of_the_environment(suite):
    files = {
        **PROJECT,
        "conftest.py": "import pytest\n@pytest.fixture\ndef host(): return 'mine'\n",
        "test_it.py": "def test_host(host): assert host == 'mine'\n",
    }

    assert "1 passed" in suite(files, "--batou-env", "dev")


def test_a_platform_chooses_hosts(suite):
    files = {**PROJECT, "test_it.py": "def test_every(host): pass\n"}

    said = suite(files, "--batou-env", "dev", "--batou-platform", "ubuntu", "--collect-only")

    assert "test_every[web]" in said
    assert "test_every[db]" in said  # it names none


@pytest.mark.parametrize(
    ("files", "said"),
    [(PROJECT, "there is no environment 'nowhere'"), ({}, "there is no batou project")],
)
def test_what_does_not_exist_is_a_wrong_usage(suite, files, said):
    assert said in suite({**files, "test_it.py": ""}, "--batou-env", "nowhere", code=4)
