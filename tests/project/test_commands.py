"""`batou init`, `lock`, `update` and `migrate` as people call them."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from click.testing import CliRunner

from batou.cli import cli, main
from batou.project import locks


@pytest.fixture
def batou(tmp_path, monkeypatch):
    """Run a command in a temporary directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("APPENV_BASEDIR", raising=False)

    def run(*arguments):
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    return run


class TestInit:
    def test_starts_a_project_and_says_how_to_go_on(self, batou, tmp_path):
        result = batou("init", "shop", "--name", "Shop", "--no-lock")

        assert result.exit_code == 0
        assert "wrote shop/environments/local/environment.cfg" in result.output
        assert "    cd shop\n    ./batou plan local\n" in result.output
        assert (tmp_path / "shop/README.md").read_text().startswith("# Shop\n")

    def test_names_a_project_by_its_directory(self, batou, tmp_path):
        batou("init", "shop", "--no-lock")

        assert (tmp_path / "shop/README.md").read_text().startswith("# shop\n")

    def test_writes_nothing_if_something_is_there(self, batou, tmp_path):
        (tmp_path / "requirements.txt").write_text("mine\n")

        result = batou("init", "--no-lock")

        assert isinstance(result.exception, Exception)
        assert "'requirements.txt' in '.' would be overwritten" in str(result.exception)
        assert [path.name for path in tmp_path.iterdir()] == ["requirements.txt"]

    def test_gives_a_project_of_2_x_its_launcher(self, batou, tmp_path):
        (tmp_path / "components").mkdir()
        (tmp_path / "requirements.txt").write_text("batou>=2.4\n")

        result = batou("init", ".")

        assert result.output.startswith("wrote batou\nleft alone: components, requirements.txt\n")
        assert "./batou deploy ENVIRONMENT" in result.output
        assert (tmp_path / "requirements.txt").read_text() == "batou>=2.4\n"
        assert not (tmp_path / "requirements.lock").exists()


class TestLock:
    @pytest.fixture(autouse=True)
    def offline(self, project, monkeypatch):
        for name in ("PIP_CONFIG_FILE", "PIP_NO_INDEX", "PIP_FIND_LINKS"):
            monkeypatch.setenv(name, project.environ[name])

    @pytest.fixture
    def here(self, batou, project, monkeypatch):
        monkeypatch.setenv("APPENV_BASEDIR", str(project.root))
        return batou

    def test_tells_what_it_changed(self, here, project, wheel):
        wheel("greet")
        project.require("greet\n")

        result = here("lock")

        assert (result.exit_code, result.output) == (0, "  greet 1.0 (new)\n")

    def test_check_changes_nothing_and_fails(self, here, project):
        project.require("greet\n")
        before = project.lock

        result = here("lock", "--check")

        assert result.exit_code == 1
        assert "run './batou lock'" in result.output
        assert project.lock == before

    def test_check_of_a_fresh_lock_is_silent(self, here):
        result = here("lock", "--check")

        assert (result.exit_code, result.output) == (0, "")

    def test_upgrade_takes_the_newest(self, here, project, wheel):
        project.require("greet\n")
        project.locked_with(project.batou, wheel("greet", "1.0"))
        wheel("greet", "2.0")

        kept, upgraded = here("lock"), here("lock", "--upgrade")

        assert kept.output == "requirements.lock has the same versions as before\n"
        assert upgraded.output == "  greet 1.0 → 2.0\n"

    def test_update_takes_the_launcher_of_a_new_batou(self, here, project, wheel, monkeypatch):
        for name in ("PATH", "HOME", "BATOU_TOOLS"):
            monkeypatch.setenv(name, project.environ[name])
        wheel("batou", "9.1")

        result = here("update")

        assert result.output == "  batou 9.0 → 9.1\n"
        assert len(project.environments) == 1


class TestMigrate:
    def test_lifts_an_old_project(self, batou, tmp_path):
        (tmp_path / "environments").mkdir()
        (tmp_path / "environments/local.cfg").write_text("[environment]\n")
        (tmp_path / ".batou.json").write_text('{"migration": {"version": 2299}}\n')

        result = batou("migrate")

        assert result.exit_code == 0
        assert (tmp_path / "environments/local/environment.cfg").exists()

    def test_bootstrap_only_records(self, batou, tmp_path):
        (tmp_path / "environments").mkdir()
        (tmp_path / "environments/local.cfg").touch()

        result = batou("migrate", "--bootstrap")

        assert (result.exit_code, result.output) == (0, "")
        assert json.loads((tmp_path / ".batou.json").read_text()) == {
            "migration": {"version": 2400}
        }
        assert (tmp_path / "environments/local.cfg").exists()

    def test_other_commands_ask_for_it(self, batou, tmp_path):
        (tmp_path / "environments").mkdir()
        (tmp_path / ".batou.json").write_text('{"migration": {"version": 2300}}\n')

        with pytest.raises(SystemExit) as ended:
            main(["lock", "--check"])

        assert ended.value.code == 103


@pytest.mark.index
class TestWithThePackageIndex:
    """What a newcomer does; pip-tools and batou's own requirements come from the index."""

    @pytest.fixture
    def environ(self, tmp_path):
        return {
            **{name: value for name, value in os.environ.items() if name != "BATOU_TOOLS"},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    def test_a_new_project_deploys(self, tmp_path, environ):
        batou = [sys.executable, "-m", "batou"]

        subprocess.run([*batou, "init", "shop"], cwd=tmp_path, env=environ, check=True)
        first, second = (
            subprocess.run(
                [tmp_path / "shop/batou", "--version"], env=environ, capture_output=True, text=True
            )
            for _ in range(2)
        )

        assert first.stderr == "Installing batou\n"
        assert (second.stderr, second.returncode) == ("", 0)
        assert "jinja2" in locks.versions((tmp_path / "shop/requirements.lock").read_text())

    def test_uv_is_used_where_it_is(self, project, wheel, tmp_path):
        venv.create(tmp_path / "uv", with_pip=True)
        subprocess.run([tmp_path / "uv/bin/pip", "install", "-q", "uv"], check=True)
        wheel("greet")
        project.require("greet\n")
        project.locked_with(project.batou, project.wheels / "greet-1.0-py3-none-any.whl")
        path = f"{tmp_path}/uv/bin:{project.environ['PATH']}"
        for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
            del project.environ[name]

        outcome = project.run(
            PATH=path,
            BATOU_TOOLS="/nonexistent",
            UV_OFFLINE="1",
            UV_FIND_LINKS=str(project.wheels),
        )

        assert outcome.stderr == "Installing batou\nInstalling greet\n"
        assert outcome.seen["program"] == "batou"
