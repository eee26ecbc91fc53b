"""Committed revisions of Mercurial repositories, and what is checked before they are shipped."""

import shutil
import subprocess

import pytest

from batou.bundle.errors import (
    NoRepository,
    NothingToCompare,
    NotPushed,
    UncommittedChanges,
    UnknownBranch,
    WrongBranch,
)
from batou.bundle.sources import open_source

pytestmark = pytest.mark.needs("hg")

HELLO = ["components/hello/component.py", "environments/prod/environment.cfg"]

COMPONENT = "from batou.component import Component\n\n\nclass Hello(Component):\n    pass\n"

CONFIG = "[environment]\nupdate_method = hg-bundle\n[hosts]\nlocalhost = hello\n"


def hg(directory, *arguments):
    done = subprocess.run(["hg", *arguments], cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def pushed(tmp_path_factory):
    """A repository with the files of a project, and one that has all its commits."""
    place = tmp_path_factory.mktemp("hg")
    hg(place, "init", "upstream")
    hg(place, "clone", "upstream", "project")
    for name in HELLO:
        (place / "project" / name).parent.mkdir(parents=True)
    (place / "project" / HELLO[0]).write_text(COMPONENT)
    (place / "project" / HELLO[1]).write_text(CONFIG)
    hg(place / "project", "commit", "--addremove", "--message", "work", "--user", "Ada")
    hg(place / "project", "push")
    return place


@pytest.fixture
def hg_project(project, pushed, tmp_path):
    """A project in a Mercurial repository whose default path has all its commits."""
    shutil.copytree(pushed / "upstream", tmp_path / "upstream")
    shutil.copytree(pushed / "project", project.path, dirs_exist_ok=True)
    (project.path / ".hg/hgrc").write_text(f"[paths]\ndefault = {tmp_path}/upstream\n")
    return project


def commit(project):
    hg(project.path, "commit", "--addremove", "--message", "work")
    return hg(project.path, "log", "--rev=.", "--template={node}")


def push(project):
    hg(project.path, "push", "--new-branch")


def opened(project, is_dirty_allowed=False):
    return open_source(project.environment, is_dirty_allowed, project.cache)


def test_the_committed_revision_is_shipped(hg_project):
    hg_project.write("run", "#!/bin/sh\n", 0o755)
    revision = commit(hg_project)
    push(hg_project)
    for name in (".batou-lock", ".batou/cache/x", "work/hello/y"):  # does not count
        hg_project.write(name)

    source = opened(hg_project)

    assert source.files == (*HELLO, "run")
    assert (source.base, source.revision) == (".", revision)


def test_a_deployment_in_a_subdirectory_is_shipped_with_its_repository(hg_project):
    hg(hg_project.path, "rename", "components", "deploy/components")
    hg(hg_project.path, "rename", "environments", "deploy/environments")
    commit(hg_project)
    push(hg_project)
    hg_project.path = hg_project.path / "deploy"

    source = opened(hg_project)

    assert source.base == "deploy"
    assert source.files == tuple(f"deploy/{name}" for name in HELLO)


def test_changes_that_are_not_committed_are_an_error(hg_project):
    hg_project.write("new")
    hg_project.write(HELLO[0], COMPONENT + "# changed")

    with pytest.raises(UncommittedChanges) as raised:
        opened(hg_project)

    assert raised.value.rows() == [("hg status", "M components/hello/component.py\n? new")]


def test_dirty_ships_what_is_committed(hg_project):
    hg_project.write("new")

    assert opened(hg_project, is_dirty_allowed=True).files == tuple(HELLO)


def test_commits_that_are_not_pushed_are_an_error_unless_dirty(hg_project):
    hg_project.write("new")
    revision = commit(hg_project)

    with pytest.raises(NotPushed, match="branch 'default' has a commit") as raised:
        opened(hg_project)
    assert raised.value.rows() == [("Commits", f"{revision[:12]} work")]
    assert "new" in opened(hg_project, is_dirty_allowed=True).files


def test_an_upstream_that_does_not_answer_is_an_error(hg_project, tmp_path):
    (tmp_path / "upstream").rename(tmp_path / "gone")

    with pytest.raises(NothingToCompare) as raised:
        opened(hg_project)

    assert "not found" in raised.value.rows()[0][1]


def test_for_pull_the_upstream_can_be_set(hg_project, tmp_path):
    (tmp_path / "upstream").rename(tmp_path / "moved")
    hg_project.configure(update_method="hg-pull", repository_url=str(tmp_path / "moved"))
    commit(hg_project)

    with pytest.raises(NotPushed, match="moved"):
        opened(hg_project)


def test_another_branch_in_the_working_tree_is_an_error(hg_project):
    hg(hg_project.path, "branch", "side")
    hg_project.write("new")
    commit(hg_project)

    with pytest.raises(WrongBranch) as raised:
        opened(hg_project, is_dirty_allowed=True)

    assert raised.value.rows()[1][1].startswith("'side' (")


def test_the_branch_that_is_set_is_shipped(hg_project):
    hg(hg_project.path, "branch", "my-side")
    hg_project.configure(update_method="hg-bundle", branch="my-side")
    revision = commit(hg_project)
    push(hg_project)

    assert opened(hg_project).revision == revision


def test_a_branch_that_does_not_exist_is_an_error(hg_project):
    hg_project.configure(update_method="hg-bundle", branch="production")

    with pytest.raises(UnknownBranch) as raised:
        opened(hg_project)

    assert raised.value.rows() == [("Branches", "'default'")]


def test_no_repository_is_an_error(project):
    project.configure(update_method="hg-pull")

    with pytest.raises(NoRepository, match="needs a Mercurial repository"):
        opened(project)


def test_an_option_is_not_taken_for_a_branch(hg_project):
    hg_project.configure(update_method="hg-bundle", branch="--config=alias.log=!touch evil")

    with pytest.raises(UnknownBranch):
        opened(hg_project)

    assert not (hg_project.path / "evil").exists()
