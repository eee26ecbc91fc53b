import importlib
import json
from pathlib import Path

import pytest

from batou import migrate
from batou.migrate import moving, runner


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in the current directory; files are made by name."""
    monkeypatch.chdir(tmp_path)

    def write(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)

    return write


def files():
    return {str(path): path.read_text() for path in Path().rglob("*") if path.is_file()}


def step(number):
    return importlib.import_module(f"batou.migrate.migrations.{number}")


@pytest.fixture
def told():
    """What a migration told, as (title, text, status)."""
    return []


@pytest.fixture
def tell(told):
    return lambda title, text, status="manual": told.append((title, text, status))


class TestState:
    def test_a_project_that_says_nothing_is_up_to_date(self, project):
        migrate.assert_up_to_date()

        assert migrate.read_version() is None

    @pytest.mark.parametrize(
        "version, advice", [(2303, "run `./batou migrate`"), (2500, "use a newer batou")]
    )
    def test_another_form_ends_with_103(self, project, version, advice):
        migrate.write_version(version)

        with pytest.raises(migrate.MigrationNeeded) as error:
            migrate.assert_up_to_date()

        assert error.value.exit_code == 103
        assert error.value.hint() == advice

    def test_what_else_the_file_says_stays(self, project):
        Path(".batou.json").write_text('{"mine": 1, "migration": {"version": 2300}}')

        migrate.write_version(2400)

        assert json.loads(Path(".batou.json").read_text()) == {
            "mine": 1,
            "migration": {"version": 2400},
        }
        assert Path(".batou.json").read_text().endswith("}\n")

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"migration": {"version": "old"}}'])
    def test_a_broken_file_is_named(self, project, text):
        Path(".batou.json").write_text(text)

        with pytest.raises(Exception, match=r"cannot read '\.batou\.json'"):
            migrate.assert_up_to_date()


class TestMoving:
    def test_renames(self, project):
        project("a", "b")

        moving.move([(Path("a"), Path("x/a")), (Path("b"), Path("x/b"))])

        assert files() == {"x/a": "a", "x/b": "b"}

    def test_overwrites_nothing_and_tells_every_problem(self, project):
        project("a", "b", "c", "x", "y")

        with pytest.raises(moving.CannotMove) as error:
            moving.move([(Path("a"), Path("x")), (Path("c"), Path("z")), (Path("b"), Path("y"))])

        assert error.value.problems == ("a → x: exists", "b → y: exists")
        assert files() == {name: name for name in "abcxy"}

    def test_two_files_do_not_become_one(self, project):
        project("a", "b")

        with pytest.raises(moving.CannotMove, match="nothing is changed"):
            moving.move([(Path("a"), Path("x")), (Path("b"), Path("x"))])

        assert files() == {"a": "a", "b": "b"}


class TestEnvironmentsInDirectories:
    def test_configurations_and_secrets_move(self, project, tell, told):
        project(
            "environments/a.cfg",
            "environments/a-b.cfg",
            "environments/new/environment.cfg",
            "secrets/a.cfg",
            "secrets/a-b.cfg",
            "secrets/a-b-key.pem",
            "secrets/a-key.pem",
            "secrets/new.cfg",
        )

        step(2301).migrate(tell)

        assert files() == {
            "environments/a/environment.cfg": "environments/a.cfg",
            "environments/a/secrets.cfg": "secrets/a.cfg",
            "environments/a/secret-key.pem": "secrets/a-key.pem",
            "environments/a-b/environment.cfg": "environments/a-b.cfg",
            "environments/a-b/secrets.cfg": "secrets/a-b.cfg",
            "environments/a-b/secret-key.pem": "secrets/a-b-key.pem",
            "environments/new/environment.cfg": "environments/new/environment.cfg",
            "environments/new/secrets.cfg": "secrets/new.cfg",
        }
        [(_, text, status)] = told
        assert "secrets/a-b-key.pem → environments/a-b/secret-key.pem" in text
        assert status == "automatic"
        assert not Path("secrets").exists()

    def test_secrets_of_no_environment_stay_and_are_told(self, project, tell, told):
        project("environments/a.cfg", "secrets/gone.cfg")

        step(2301).migrate(tell)

        assert "secrets/gone.cfg" in files()
        assert ("secrets/gone.cfg" in told[1][1], told[1][2]) == (True, "manual")

    def test_a_second_run_changes_nothing(self, project, tell):
        project("environments/a.cfg", "secrets/a-key")
        step(2301).migrate(tell)
        once = files()

        step(2301).migrate(tell)

        assert files() == once

    def test_nothing_moves_if_something_is_in_the_way(self, project, tell):
        project("environments/a.cfg", "environments/b.cfg", "environments/b/environment.cfg")
        before = files()

        with pytest.raises(moving.CannotMove):
            step(2301).migrate(tell)

        assert files() == before


class TestSuffixes:
    def test_gpg_is_appended(self, project, tell):
        project(
            "environments/a/environment.cfg",
            "environments/a/secrets.cfg",
            "environments/a/secret-key.yaml",
            "environments/b/secrets.cfg.age",
            "environments/b/secret-key.gpg",
            "environments/c/secrets.cfg.age-diffable",
        )

        step(2400).migrate(tell)
        step(2400).migrate(tell)

        assert set(files()) == {
            "environments/a/environment.cfg",
            "environments/a/secrets.cfg.gpg",
            "environments/a/secret-key.yaml.gpg",
            "environments/b/secrets.cfg.age",
            "environments/b/secret-key.gpg",
            "environments/c/secrets.cfg.age-diffable",
        }


class TestNotices:
    @pytest.mark.parametrize("number", [2300, 2302, 2303])
    def test_are_for_people_to_act_upon(self, project, tell, told, number):
        step(number).migrate(tell)

        [(title, text, status)] = told
        assert title
        assert text
        assert status == "manual"

    def test_point_to_defaults_that_may_need_config_string(self, project, tell, told):
        Path("components/app").mkdir(parents=True)
        Path("components/app/component.py").write_text(
            "class App(Component):\n"
            '    address = Attribute(Address, "localhost:80")\n'
            "    port = Attribute(int, 80)\n"
            '    other = Attribute(\n        Address,\n        default="localhost:81")\n'
            '    fine = Attribute(Address, ConfigString("localhost:82"))\n'
        )

        step(2302).migrate(tell)

        [(_, text, _)] = told
        assert "components/app/component.py:2: address" in text
        assert "components/app/component.py:4: other" in text
        assert "port" not in text
        assert "fine" not in text


class TestRunner:
    def test_runs_what_is_newer_and_records_it(self, project, output):
        project("environments/a/secrets.cfg", "environments/a/environment.cfg")
        migrate.write_version(2303)

        migrate.migrate()

        assert migrate.read_version() == 2400
        assert "Migration 2400" in output.backend.output
        assert "Migration 2303" not in output.backend.output
        assert "✅ Secrets have the suffix" in output.backend.output

    def test_a_project_that_says_nothing_goes_through_all_steps(self, project, output):
        migrate.migrate()

        shown = [number for number in runner.steps() if f"Migration {number}" in output.output]
        assert shown == [2300, 2301, 2302, 2303, 2400]

    def test_a_second_run_has_nothing_to_do(self, project, output):
        migrate.migrate()
        output.backend.output = ""

        migrate.migrate()

        assert "Migration" not in output.backend.output

    def test_what_was_done_before_a_problem_is_recorded(self, project, output):
        project("environments/a/secrets.cfg", "environments/a/secrets.cfg.gpg")

        with pytest.raises(moving.CannotMove):
            migrate.migrate()

        assert migrate.read_version() == 2303

    def test_a_newer_project_is_left_alone(self, project, output):
        migrate.write_version(2500)

        with pytest.raises(migrate.MigrationNeeded):
            migrate.migrate()

        assert migrate.read_version() == 2500

    def test_the_newest_step_is_the_current_form(self):
        assert runner.steps()[-1] == migrate.CURRENT_VERSION
