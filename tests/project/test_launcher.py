"""The launcher, as people run it."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from batou.project import launcher


class TestFirstRun:
    def test_installs_and_says_so(self, project, wheel):
        wheel("sqlalchemy")
        project.require("sqlalchemy\n")

        outcome = project.run("deploy", "local")

        assert outcome.stderr == "Installing batou\nInstalling sqlalchemy\n"
        assert outcome.seen["arguments"] == ["deploy", "local"]

    def test_locks_with_hashes(self, project, wheel):
        wheel("greet", needs=["words"])
        wheel("words")
        project.require("greet\n")

        project.run()

        assert project.pins == ["batou==9.0", "greet==1.0", "words==1.0"]
        assert project.lock.count("--hash=sha256:") == 3

    def test_needs_no_requirements_at_all(self, project):
        (project.root / "requirements.txt").unlink()
        (project.root / "components").mkdir()

        outcome = project.run()

        assert outcome.seen["program"] == "batou"

    def test_works_in_a_directory_with_spaces(self, project, package):
        project.root = project.root.rename(project.root.with_name("my project"))
        package(project.root / "pkg", "pkg", "1.0")
        project.require("-e ./pkg\n")

        outcome = project.run()

        assert outcome.seen["program"] == "batou"
        assert "-e ./pkg\n" in project.lock

    def test_two_at_once_install_once(self, project):
        first, second = project.start(), project.start()

        (_, said), (_, also_said) = first.communicate(), second.communicate()

        assert (first.returncode, second.returncode) == (0, 0)
        assert (said + also_said).count("Installing batou") == 1


class TestNothingChanged:
    def test_the_second_run_is_silent_and_needs_no_pip(self, ready):
        outcome = ready.run(BATOU_TOOLS="/nonexistent")

        assert outcome.stderr == ""
        assert outcome.seen["program"] == "batou"

    def test_imports_nothing_that_costs_time(self, ready):
        command = [sys.executable, "-I", "-S", "-X", "importtime", ready.root / "batou"]

        run = subprocess.run(command, env=ready.environ, capture_output=True, text=True)

        imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
        assert "hashlib" in imported
        assert not imported & {"re", "subprocess", "typing", "tempfile", "shutil", "fcntl"}

    def test_a_comment_installs_nothing(self, project):
        project.run()
        before = project.environments

        project.require("# for later\n")
        outcome = project.run()

        assert outcome.stderr == ""
        assert project.environments == before

    def test_an_environment_whose_python_is_gone_is_made_again(self, project):
        project.run()
        (project.root / ".batou/environments/current/bin/python").unlink()

        outcome = project.run()

        assert outcome.seen["program"] == "batou"


class TestChangedRequirements:
    def test_are_locked_and_installed_at_the_next_run(self, project, wheel):
        wheel("sqlalchemy")
        project.run()

        project.require("sqlalchemy\n")
        outcome = project.run()

        assert outcome.stderr == "Installing sqlalchemy\n"
        assert "sqlalchemy==1.0" in project.pins

    def test_keep_the_versions_that_are_locked(self, project, wheel):
        project.require("greet\n")
        project.locked_with(project.batou, wheel("greet", "1.0"))
        wheel("greet", "2.0")
        wheel("words")

        project.require("greet\nwords\n")
        project.run()

        assert project.pins == ["batou==9.0", "greet==1.0", "words==1.0"]

    def test_that_cannot_be_met_leave_everything_as_it_was(self, project):
        project.run()
        lock, environments = project.lock, project.environments

        project.require("no-such-package\n")
        outcome = project.run()

        assert outcome.code == 1
        assert "batou: requirements.txt cannot be locked; requirements.lock is as it was" in (
            outcome.stderr
        )
        assert "no-such-package" in outcome.stderr
        assert (project.lock, project.environments) == (lock, environments)

    def test_of_included_files_are_noticed(self, project, wheel):
        wheel("greet", "2.0")
        project.require("-r more.txt\n-c limits.txt\n")
        (project.root / "more.txt").write_text("greet\n")
        (project.root / "limits.txt").write_text("greet<2\n")
        project.locked_with(project.batou, wheel("greet", "1.0"))

        (project.root / "limits.txt").write_text("greet>1\n")
        outcome = project.run()

        assert outcome.stderr == "Installing batou\nInstalling greet\n"
        assert project.pins == ["batou==9.0", "greet==2.0"]

    def test_old_environments_go_except_the_one_before(self, project):
        for name in ("a", "b", "before"):
            (project.root / ".batou/environments" / name).mkdir(parents=True)
        (project.root / ".batou/environments/current").symlink_to("before")

        project.run()

        current = (project.root / ".batou/environments/current").readlink()
        assert project.environments == sorted(["before", str(current)])


class TestInstalling:
    def test_a_package_that_is_not_what_was_locked_is_refused(self, project, wheel):
        project.require("greet\n")
        project.locked_with(project.batou, wheel("greet"))

        wheel("greet", needs=["batou"])
        outcome = project.run()

        assert outcome.code == 1
        assert "the requirements cannot be installed" in outcome.stderr
        assert "DO NOT MATCH THE HASHES" in outcome.stderr

    def test_a_failure_keeps_the_environment_from_before(self, project, wheel):
        project.run()
        project.require("greet\n")
        project.locked_with(project.batou, wheel("greet"))
        wheel("greet", needs=["batou"])

        failed = project.run()
        project.require("")
        project.locked_with(project.batou)
        again = project.run(BATOU_TOOLS="/nonexistent")

        assert failed.code == 1
        assert "the environment from before is kept" in failed.stderr
        assert again.stderr == ""
        assert again.code == 0

    def test_what_an_interrupted_run_left_is_made_anew(self, project):
        project.run()
        environment = project.root / ".batou/environments" / project.environments[0]
        (environment / ".ready").unlink()
        (environment / "bin/batou").write_text("half of it")

        outcome = project.run()

        assert outcome.seen["program"] == "batou"

    def test_what_cannot_be_written_is_named(self, project):
        guard = project.root / ".batou/environments/lock"
        guard.unlink()
        guard.mkdir()

        outcome = project.run()

        assert outcome.code == 1
        assert outcome.stderr.startswith("batou: ")
        assert str(guard) in outcome.stderr
        assert "Traceback" not in outcome.stderr

    def test_requirements_that_contradict_each_other_are_told(self, project, wheel):
        wheel("greet", needs=["words<2"])
        wheel("words", "2.0")
        wheel("words", "1.0")
        project.require("greet\nwords>=2\n")

        outcome = project.run()

        assert outcome.code == 1
        assert "greet 1.0 depends on words<2" in outcome.stderr
        assert "Traceback" not in outcome.stderr

    def test_credentials_of_an_index_are_not_shown(self, project):
        del project.environ["PIP_NO_INDEX"]
        project.require("--index-url http://me:poison@127.0.0.1:9/simple\nno-such-package\n")

        outcome = project.run(PIP_RETRIES="0")

        assert outcome.code == 1
        assert "127.0.0.1" in outcome.stderr
        assert "poison" not in outcome.stderr

    def test_places_to_find_packages_stay_out_of_the_lock(self, project, wheel):
        wheel("greet")
        project.root.joinpath("vendor").mkdir()
        (project.wheels / "greet-1.0-py3-none-any.whl").rename(
            project.root / "vendor" / "greet-1.0-py3-none-any.whl"
        )
        project.require("--find-links vendor\ngreet\n")

        outcome = project.run()

        assert outcome.stderr == "Installing batou\nInstalling greet\n"
        assert "vendor" not in project.lock


class TestLocalPackages:
    def test_are_installed_beside_hashed_ones(self, project, package, wheel):
        wheel("words")
        package(project.root / "pkg", "pkg", "1.0", needs=["words"])
        project.require("-e ./pkg\n")

        outcome = project.run()

        assert outcome.stderr == "Installing batou\nInstalling ./pkg\n"
        assert project.pins == ["batou==9.0", "words==1.0"]
        assert str(project.root) not in project.lock

    def test_may_come_to_need_more(self, project, package, wheel):
        wheel("words")
        project.require("./pkg\n")
        project.locked_with(project.batou)
        with (project.root / "requirements.lock").open("a") as lock:
            lock.write("./pkg\n")

        package(project.root / "pkg", "pkg", "1.1", needs=["words"])
        outcome = project.run()

        assert outcome.stderr == "Installing batou\nInstalling ./pkg\n"
        assert project.pins == ["batou==9.0", "words==1.0"]

    def test_are_found_by_url_and_as_archives(self, project, package, wheel):
        archive = wheel("greet")
        package(project.root / "pkg", "pkg", "1.0")
        (project.root / "vendor").mkdir()
        archive = archive.rename(project.root / "vendor" / archive.name)
        project.require(f"pkg @ {(project.root / 'pkg').as_uri()}\n./vendor/{archive.name}\n")

        outcome = project.run("greet", name="batou")

        assert outcome.code == 0
        assert (project.root / ".batou/environments/current/bin/greet").exists()
        assert (project.root / ".batou/environments/current/bin/pkg").exists()


class TestBatouItself:
    def test_from_a_checkout_is_never_taken_from_the_index(self, project, package, wheel, tmp_path):
        package(tmp_path / "checkout", "batou", "9.9", needs=["words"])
        wheel("words")
        wheel("batou", "99.0")
        project.launcher(f"-e {tmp_path / 'checkout'}")
        project.require("batou>=2.4\n")

        outcome = project.run("--help")

        assert outcome.code == 0
        assert project.pins == ["words==1.0"]
        assert str(tmp_path) not in project.lock
        site = project.root / ".batou/environments/current/lib"
        assert [path.name for path in site.glob("*/site-packages/batou-*")] == [
            "batou-9.9.dist-info"
        ]

    def test_from_a_checkout_replaces_what_a_lock_of_2_x_pins(
        self, project, package, wheel, tmp_path
    ):
        package(tmp_path / "checkout", "batou", "9.9", needs=["words"])
        wheel("words")
        project.launcher(str(tmp_path / "checkout"))
        project.require("batou>=2.4\n")
        digest = launcher.digest("batou>=2.4\n")
        (project.root / "requirements.lock").write_text(
            f"# appenv-requirements-hash: {digest}\nbatou==2.7.0\n"
        )

        outcome = project.run()

        assert outcome.code == 0
        assert project.pins == ["words==1.0"]

    def test_a_checkout_that_is_not_here_is_named(self, project):
        project.launcher("-e /nonexistent/batou")

        outcome = project.run()

        assert outcome.code == 1
        assert "'-e /nonexistent/batou', which is not here" in outcome.stderr

    def test_named_by_people_is_theirs_to_choose(self, project, wheel):
        wheel("batou", "9.1")
        project.require("batou>9.0\n")

        project.run()

        assert project.pins == ["batou==9.1"]

    def test_of_another_version_is_locked_again(self, project, wheel):
        wheel("batou", "9.1")

        project.launcher("batou==9.1")
        outcome = project.run()

        assert outcome.stderr == "Installing batou\n"
        assert project.pins == ["batou==9.1"]


class TestLockOf2x:
    def test_is_used_as_it_is(self, project, wheel):
        wheel("greet", "1.0")
        wheel("greet", "2.0")
        project.require("batou\ngreet\n")
        digest = launcher.digest("batou\ngreet\n")
        lock = f"# appenv-requirements-hash: {digest}\nbatou==9.0\ngreet==1.0\n"
        (project.root / "requirements.lock").write_text(lock)

        outcome = project.run()

        assert outcome.stderr == "Installing batou\nInstalling greet\n"
        assert project.lock == lock


class TestThePrograms:
    def test_see_the_project_and_the_directory_of_the_caller(self, ready, tmp_path):
        process = subprocess.run(
            [ready.root / "batou"],
            env={**ready.environ, "PYTHONPATH": "/elsewhere"},
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )

        seen = json.loads(process.stdout)

        assert seen["cwd"] == str(tmp_path)
        assert seen["environ"]["APPENV_BASEDIR"] == str(ready.root)
        assert "PYTHONPATH" not in seen["environ"]

    def test_have_the_name_of_the_link(self, project, wheel):
        wheel("fcio")
        project.require("fcio\n")
        (project.root / "fcio").symlink_to("batou")

        outcome = project.run("--dry-run", name="fcio")

        assert outcome.seen["program"] == "fcio"
        assert outcome.seen["arguments"] == ["--dry-run"]

    def test_that_nothing_installs_are_told(self, ready):
        outcome = ready.run(name="fcio")

        assert outcome.code == 1
        assert outcome.stderr.endswith("no requirement installs a program called 'fcio'\n")

    def test_start_by_a_link_from_elsewhere(self, ready, tmp_path):
        link = tmp_path / "batou"
        link.symlink_to(ready.root / "batou")

        outcome = ready.run(name=str(link))

        assert outcome.seen["environ"]["APPENV_BASEDIR"] == str(ready.root)


class TestAppenv:
    @pytest.fixture
    def appenv(self, project):
        (project.root / "appenv").symlink_to("batou")
        return lambda *arguments: project.run(*arguments, name="appenv")

    def test_python_is_that_of_the_environment(self, ready):
        code = "import batou, sys; print(sys.prefix)"

        outcome = ready.run("python", "-c", code, name="appenv")

        [environment] = ready.environments
        assert outcome.stdout.strip() == str(ready.root / ".batou/environments" / environment)

    def test_run_runs_a_program(self, ready):
        assert ready.run("run", "batou", "x", name="appenv").seen["arguments"] == ["x"]

    def test_init_is_that_of_batou(self, ready):
        assert ready.run("init", "there", name="appenv").seen["arguments"] == ["init", "there"]

    def test_prepare_only_installs(self, project, appenv):
        outcome = appenv("prepare")

        assert (outcome.code, outcome.stdout) == (0, "")
        assert len(project.environments) == 1

    def test_reset_removes_what_was_installed(self, project, appenv):
        appenv("prepare")
        (project.root / ".appenv").mkdir()
        (project.root / ".batou" / "runs").mkdir()

        outcome = appenv("reset")

        assert outcome.code == 0
        assert [path.name for path in (project.root / ".batou").iterdir()] == ["runs"]
        assert not (project.root / ".appenv").exists()

    def test_update_lockfile_takes_the_newest(self, project, wheel, appenv):
        project.require("greet\n")
        project.locked_with(project.batou, wheel("greet", "1.0"))
        wheel("greet", "2.0")

        outcome = appenv("update-lockfile")

        assert outcome.code == 0
        assert project.pins == ["batou==9.0", "greet==2.0"]

    def test_update_lockfile_wants_the_oldest_python_named(self, project, appenv):
        project.require("# appenv-python-preference: 3.98,3.99\n")

        outcome = appenv("update-lockfile")

        assert outcome.code == 66
        assert "python3.98" in outcome.stderr

    @pytest.mark.parametrize("arguments", [(), ("nonsense",), ("run",)])
    def test_anything_else_is_told_how_to_use_it(self, ready, arguments):
        outcome = ready.run(*arguments, name="appenv")

        assert outcome.code == 2
        assert "usage: appenv" in outcome.stderr


class TestInterpreter:
    def test_is_the_first_preferred_that_starts(self, project, tmp_path):
        shims = tmp_path / "shims"
        shims.mkdir()
        (shims / "python3.98").write_text("#!/bin/sh\necho not installed >&2; exit 127\n")
        (shims / "python3.98").chmod(0o755)
        this = f"3.{sys.version_info.minor}"
        (shims / f"python{this}").symlink_to(sys.executable)
        project.require(f"# appenv-python-preference: 3.98, {this}\n")

        outcome = project.run(PATH=f"{shims}:{project.environ['PATH']}")

        assert outcome.seen["program"] == "batou"

    def test_that_is_too_old_is_told(self, project):
        path = project.root / "batou"
        path.write_text(path.read_text().replace("OLDEST = (3, 10)", "OLDEST = (3, 99)"))

        outcome = project.run()

        assert outcome.code == 65
        assert "batou needs Python 3.10 or newer" in outcome.stderr

    def test_may_be_as_old_as_3_8_to_say_so(self):
        source = Path(launcher.__file__).read_text()

        tree = ast.parse(source, feature_version=(3, 8))

        imports = [
            node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
        ]
        names = {node.module for node in imports if isinstance(node, ast.ImportFrom)}
        names |= {
            alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names
        }
        assert names <= set(sys.stdlib_module_names) | {"urllib.parse"}


class TestEssence:
    def test_is_the_end_of_what_pip_said(self):
        output = "".join(f"line {number}\n" for number in range(100))

        assert launcher.essence(output)[-1] == "line 99"
        assert len(launcher.essence(output)) == 25

    def test_is_without_the_traceback_after_an_error(self):
        output = "  ERROR: no such thing\nTraceback (most recent call last):\n  File x\nE: gone\n"

        assert launcher.essence(output) == ["  ERROR: no such thing"]

    def test_is_the_last_exception_where_there_is_no_error(self):
        output = (
            "Traceback (most recent call last):\n  File x\nA: 1\n\n"
            "Traceback (most recent call last):\n  File y\npip.Error: bad: 'x'\nHint: mend it\n"
        )

        assert launcher.essence(output) == ["bad: 'x'", "Hint: mend it"]


class TestReadingRequirements:
    @pytest.mark.parametrize(
        "line, name",
        [
            ("sqlalchemy", "sqlalchemy"),
            ("SQL_Alchemy.x>=2", "sql-alchemy-x"),
            ("batou_ext @ https://example.net/x.zip#sha256=00", "batou-ext"),
            ("app[web, db]~=1.0 ; python_version > '3'", "app"),
            ("git+https://example.net/batou#egg=batou", "batou"),
            ("git+https://example.net/batou", ""),
            ("-e ./pkg", ""),
            ("./pkg", ""),
        ],
    )
    def test_names(self, line, name):
        assert launcher.name_of(line) == name

    @pytest.mark.parametrize(
        "line",
        [
            "-e pkg",
            "-e ./pkg",
            "./pkg",
            "pkg/",
            "./pkg[web]",
            "./pkg ; python_version > '3'",
            "pkg @ file:./pkg",
            "-e file://{root}/pkg",
            "pkg @ file://{root}/pkg \\",
        ],
    )
    def test_local_paths(self, line, tmp_path):
        (tmp_path / "pkg").mkdir()

        path = launcher.local_path(str(tmp_path), line.format(root=tmp_path))

        assert path == str(tmp_path / "pkg")

    @pytest.mark.parametrize("line", ["pkg", "pkg==1.0", "git+https://example.net/pkg", "./other"])
    def test_what_is_not_local(self, line, tmp_path):
        (tmp_path / "pkg").mkdir()

        assert launcher.local_path(str(tmp_path), line) == ""

    def test_lines_are_joined_and_comments_dropped(self):
        text = "a==1 \\\n    --hash=x  # why\n\n# all of it\nb @ https://e.net/b.zip#sha256=1\n"

        assert launcher.logical_lines(text) == ["a==1 --hash=x", "b @ https://e.net/b.zip#sha256=1"]
