"""Which files of a project are shipped."""

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from batou.bundle import git
from batou.bundle.errors import OutsideRepository, RepositoryFailed
from batou.bundle.source import project_files
from batou.bundle.sources import open_source, working_tree

HELLO = ["components/hello/component.py", "environments/prod/environment.cfg"]

SEEN: list[str] = []
"""Directories that this process has looked into, while `watching` is true."""

watching = False


def _watch(event, arguments):
    if watching and event == "os.scandir":
        SEEN.append(os.path.abspath(arguments[0]))


@cache
def _start_watching():
    sys.addaudithook(_watch)  # it cannot be removed


@pytest.fixture
def seen():
    global watching
    _start_watching()
    SEEN.clear()
    watching = True
    yield SEEN
    watching = False


@pytest.fixture(params=["plain", "git"])
def either(request, project):
    """A project, once without and once with a repository around it."""
    if request.param == "git":
        git.git(str(project.path), "init", "--quiet")
    return project


def test_sources_and_hidden_files_are_shipped(either):
    either.write(".editorconfig")
    either.write("batou", "#!/bin/sh\n", 0o755)

    assert project_files(str(either.path)) == [".editorconfig", "batou", *HELLO]


def test_secrets_and_state_are_never_shipped(either):
    for name in (
        "work/hello/data",
        ".batou/cache/x",
        ".batou-lock",
        ".appenv/x",
        ".hg/store",
        "components/hello/.svn/entries",
        "components/hello/__pycache__/component.pyc",
        "environments/prod/secrets.cfg",
        "environments/prod/secrets.cfg.age",
        "environments/prod/secrets.cfg.gpg.old",
        "environments/prod/secret-key.pem.age",
        "secrets/prod.cfg",
    ):
        either.write(name, "private")

    assert project_files(str(either.path)) == HELLO


def test_names_that_only_look_like_state_are_shipped(either):
    names = [
        "components/work/component.py",
        "components/hello/secrets.cfg",
        "components/hello/secret-recipe",
        "environments/prod/files/secret-recipe",
        "environments/prod/age_keys.txt",
    ]
    for name in names:
        either.write(name)

    assert project_files(str(either.path)) == sorted([*HELLO, *names])


def test_secrets_of_other_deployments_in_the_repository_are_not_shipped(either):
    either.write("other/environments/prod/environment.cfg")
    either.write("other/environments/prod/secrets.cfg.age", "private")

    found = project_files(str(either.path))

    assert "other/environments/prod/environment.cfg" in found
    assert not [path for path in found if "secret" in path]


def test_what_git_ignores_is_not_shipped_even_if_it_is_not_committed(project):
    git.git(str(project.path), "init", "--quiet")
    project.write(".gitignore", "*.log\n/result\n")
    project.write("components/hello/debug.log")
    project.write("result/x")

    assert project_files(str(project.path)) == [".gitignore", *HELLO]


def test_what_git_tracks_is_shipped_even_if_it_is_ignored(project):
    git.git(str(project.path), "init", "--quiet")
    project.write(".gitignore", "*.log\n")
    project.write("a.log")
    git.git(str(project.path), "add", "--force", "a.log")

    assert "a.log" in project_files(str(project.path))


def test_a_tracked_file_in_the_work_directory_is_not_shipped(git_project):
    git_project.write("work/hello/x")
    git_project.git("add", "--all")

    assert project_files(str(git_project.path)) == HELLO


def test_a_project_that_its_repository_ignores_as_a_whole_is_shipped(git_project):
    git_project.write(".gitignore", "inner\n")
    for name in HELLO:
        git_project.write(f"inner/{name}")

    assert project_files(str(git_project.path / "inner")) == HELLO


def test_names_of_all_kinds_are_shipped(either):
    names = ["a b", "ä", 'quo"te', "back\\slash", "new\nline", "-dash"]
    for name in names:
        either.write(name)

    assert set(project_files(str(either.path))) == {*HELLO, *names}


def test_files_below_the_deployment_only_are_seen_from_a_subdirectory(nested_project):
    nested_project.write("../other")

    assert project_files(str(nested_project.path)) == HELLO


def test_a_repository_inside_of_the_project_is_shipped_as_git_sees_it(either):
    vendored = either.write("vendor/lib/.gitignore", "*.o\n").parent
    git.git(str(vendored), "init", "--quiet")
    (vendored / "a.c").write_text("")
    (vendored / "a.o").write_text("")
    git.git(str(vendored), "add", "--all")
    git.git(str(vendored), "commit", "--quiet", "--message", "vendored")

    found = project_files(str(either.path))

    assert found == [*HELLO, "vendor/lib/.gitignore", "vendor/lib/a.c"]


def test_submodules_are_shipped(git_project, tmp_path):
    add_submodule(git_project, tmp_path)
    (git_project.path / "lib/new").write_text("")

    found = project_files(str(git_project.path))

    assert found == [".gitmodules", *HELLO, "lib/code", "lib/new"]


def add_submodule(project, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "code").write_text("submodule")
    git.git(str(other), "init", "--quiet")
    git.git(str(other), "add", "--all")
    git.git(str(other), "commit", "--quiet", "--message", "code")
    project.git("submodule", "--quiet", "add", str(other), "lib")


def test_files_that_are_deleted_or_in_conflict_do_not_disturb(git_project):
    git_project.write("both", "one")
    git_project.commit()
    git_project.git("checkout", "--quiet", "-b", "side")
    git_project.write("both", "two")
    git_project.commit()
    git_project.git("checkout", "--quiet", "master")
    git_project.write("both", "three")
    git_project.commit()
    subprocess.run(["git", "merge", "side"], cwd=git_project.path, capture_output=True)

    assert project_files(str(git_project.path)) == ["both", *HELLO]


# What is not looked into


def test_the_work_directory_is_not_looked_into(project, seen):
    for name in ("work/hello/a", ".batou/cache/b", "components/work/c"):
        project.write(name)

    project_files(str(project.path))

    looked = {os.path.relpath(path, project.path) for path in seen}
    assert "components/work" in looked
    assert not {path for path in looked if path.startswith(("work", ".batou"))}


@pytest.mark.parametrize("name", ["deploy/site", "deploy/we*[i]r\\d"])
def test_git_does_not_look_into_the_work_directory(tmp_path, make_git_project, monkeypatch, name):
    project = make_git_project(name)
    for number in range(50):
        project.write(f"work/hello/{number}/data")
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))

    for base in (str(project.path), str(project.repository)):
        assert project_files(base, os.path.relpath(project.path, base))

    visited = [event for event in map(json.loads, trace.read_text().splitlines())
               if event.get("key") == "directories-visited"]  # fmt: skip
    assert [event["value"] for event in visited if int(event["value"]) > 10] == []
    assert visited


@pytest.fixture
def make_git_project(tmp_path, nested_project):
    """Moves the deployment of a repository elsewhere in it."""

    def make(name):
        if name != "deploy/site":
            os.rename(nested_project.path, nested_project.repository / name)
            nested_project.path = nested_project.repository / name
        return nested_project

    return make


# As a source


def test_rsync_says_that_it_takes_what_is_not_committed(project, output):
    project.configure(update_method="rsync")

    source = open_source(project.environment, False, project.cache)

    assert source.files == tuple(HELLO)
    assert (source.directory, source.base, source.revision) == (str(project.path), ".", "")
    assert "with what is not committed" in output.backend.output


def test_repository_root_ships_what_is_around_the_deployment(tmp_path):
    for name in (*HELLO, "work/x"):
        file = tmp_path / "root/deploy" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    (tmp_path / "root/shared").write_text("")

    source = working_tree(str(tmp_path / "root/deploy"), "..")

    assert source.files == (*(f"deploy/{name}" for name in HELLO), "shared")
    assert source.base == "deploy"
    assert source.deployment == str(tmp_path / "root/deploy")


def test_repository_root_is_a_setting(project, tmp_path):
    project.configure(repository_root="..")
    (tmp_path / "beside").write_text("")

    source = open_source(project.environment, False, project.cache)

    assert (source.directory, source.base) == (str(tmp_path), "project")
    assert "beside" in source.files


def test_a_repository_root_elsewhere_is_an_error(project, tmp_path):
    (tmp_path / "elsewhere").mkdir()

    with pytest.raises(OutsideRepository, match="is not inside of repository_root"):
        working_tree(str(project.path), "../elsewhere")


def test_a_link_to_the_project_does_not_matter(project, tmp_path):
    os.symlink(project.path, tmp_path / "link")

    source = working_tree(str(tmp_path / "link"), ".")

    assert source.base == "."
    assert source.files == tuple(HELLO)


def test_a_repository_that_git_refuses_is_an_error(git_project):
    (git_project.path / ".git/config").write_text("[core\n")

    with pytest.raises(RepositoryFailed, match="git rev-parse failed"):
        project_files(str(git_project.path))


def test_without_git_everything_is_shipped_but_state(project, monkeypatch, tmp_path):
    git.git(str(project.path), "init", "--quiet")
    project.write(".gitignore", "*.log\n")
    project.write("a.log")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert project_files(str(project.path)) == [".gitignore", "a.log", *HELLO]


def test_variables_of_a_git_hook_do_not_disturb(git_project, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "origin.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))

    assert project_files(str(git_project.path)) == HELLO
