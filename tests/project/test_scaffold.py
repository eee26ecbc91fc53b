import ast
import json
import os
import stat

import pytest

from batou.project import launcher, scaffold
from batou.project.origin import batou_requirement
from batou.project.skeleton import skeleton

FILES = {"requirements.txt": "", "components/hello/component.py": "x = 1\n", "README.md": ""}


class TestPlan:
    def test_a_new_project_gets_everything(self, tmp_path):
        plan = scaffold.plan(tmp_path / "shop", "#!launcher", FILES, force=False)

        assert set(plan.files) == {"batou", *FILES}
        assert plan.is_new

    def test_a_project_gets_its_launcher_and_keeps_the_rest(self, tmp_path):
        for name in ("components", "environments", ".git", "work"):
            (tmp_path / name).mkdir()
        (tmp_path / "requirements.txt").touch()

        plan = scaffold.plan(tmp_path, "#!launcher", FILES, force=False)

        assert set(plan.files) == {"batou"}
        assert plan.left_alone == ("components", "environments", "requirements.txt")
        assert not plan.is_new

    def test_what_would_be_overwritten_is_named(self, tmp_path):
        (tmp_path / "README.md").touch()
        (tmp_path / "requirements.txt").touch()

        with pytest.raises(scaffold.FilesExist) as error:
            scaffold.plan(tmp_path, "#!launcher", FILES, force=False)

        assert "'README.md', 'requirements.txt'" in str(error.value)
        assert "move them away" in error.value.hint()

    def test_a_dangling_link_is_not_overwritten_either(self, tmp_path):
        (tmp_path / "batou").symlink_to("appenv")

        with pytest.raises(scaffold.FilesExist) as error:
            scaffold.plan(tmp_path, "#!launcher", FILES, force=False)

        assert "--force" in error.value.hint()

    def test_force_replaces_the_launcher_and_nothing_else(self, tmp_path):
        (tmp_path / "batou").touch()
        (tmp_path / "README.md").touch()

        plan = scaffold.plan(tmp_path, "#!launcher", FILES, force=True)

        assert set(plan.files) == {"batou"}

    def test_force_does_not_overwrite_other_files(self, tmp_path):
        (tmp_path / "README.md").touch()

        with pytest.raises(scaffold.FilesExist):
            scaffold.plan(tmp_path, "#!launcher", FILES, force=True)


class TestWrite:
    def test_writes_directories_and_an_executable_launcher(self, tmp_path):
        scaffold.plan(tmp_path / "shop", "#!launcher", FILES, force=False).write()

        assert (tmp_path / "shop/components/hello/component.py").read_text() == "x = 1\n"
        assert stat.S_IMODE((tmp_path / "shop/batou").stat().st_mode) == 0o755

    def test_the_launcher_of_2_x_is_replaced_behind_its_links(self, tmp_path):
        (tmp_path / "appenv").write_text("old")
        (tmp_path / "batou").symlink_to("appenv")
        (tmp_path / "fcio").symlink_to("appenv")

        scaffold.plan(tmp_path, "#!launcher", FILES, force=True).write()

        assert (tmp_path / "fcio").read_text() == "#!launcher"
        assert (tmp_path / "batou").is_symlink()
        assert os.access(tmp_path / "appenv", os.X_OK)

    def test_a_link_to_a_launcher_elsewhere_is_replaced_itself(self, tmp_path):
        (tmp_path / "shared").write_text("shared by others")
        project = tmp_path / "project"
        project.mkdir()
        (project / "batou").symlink_to("../shared")

        scaffold.plan(project, "#!launcher", FILES, force=True).write()

        assert (tmp_path / "shared").read_text() == "shared by others"
        assert (project / "batou").read_text() == "#!launcher"


class TestLauncherText:
    def test_is_the_launcher_with_the_batou_it_runs(self, tmp_path):
        text = scaffold.launcher_text("-e ../..")
        (tmp_path / "batou").write_text(text)

        assert scaffold.launcher_requirement(tmp_path) == "-e ../.."
        assert text.count("\n") == launcher.content(launcher.__file__).count("\n")

    def test_without_a_launcher_it_is_the_batou_that_runs(self, tmp_path):
        assert scaffold.launcher_requirement(tmp_path) == batou_requirement(tmp_path)


class TestSkeleton:
    def test_is_what_a_project_needs(self):
        files = skeleton("shop", 2400)

        assert json.loads(files[".batou.json"]) == {"migration": {"version": 2400}}
        assert files["README.md"].startswith("# shop\n")
        assert "/.batou/" in files[".gitignore"].split()
        assert ast.parse(files["components/hello/component.py"])

    def test_deploys(self, tmp_path, monkeypatch):
        from batou.environment import Environment

        monkeypatch.chdir(tmp_path)
        scaffold.plan(tmp_path, "#!launcher", skeleton("shop", 2400), force=False).write()
        environment = Environment("local")
        environment.load()
        environment.configure()
        [root] = environment.root_components

        root.component.deploy()

        greeting = (tmp_path / "work/hello/hello.txt").read_text()
        assert greeting == "Good morning from localhost!\n"
