"""Committed revisions of Git repositories, and what is checked before they are shipped."""

import os

import pytest

from batou.bundle import git
from batou.bundle.errors import (
    NoRepository,
    NothingToCompare,
    NotPushed,
    RepositoryFailed,
    SubmoduleBehind,
    UncommittedChanges,
    UnknownBranch,
    WrongBranch,
)
from batou.bundle.sources import open_source

HELLO = ["components/hello/component.py", "environments/prod/environment.cfg"]


def opened(project, is_dirty_allowed=False):
    return open_source(project.environment, is_dirty_allowed, project.cache)


def content(source, path):
    with open(os.path.join(source.directory, path), newline="") as file:
        return file.read()


@pytest.mark.parametrize("method", ["git-bundle", "git-pull"])
def test_the_committed_revision_is_shipped(git_project, output, method):
    git_project.configure(update_method=method)
    commit = git_project.commit()
    git_project.push()

    source = opened(git_project)

    assert source.files == tuple(HELLO)
    assert (source.base, source.revision) == (".", commit)
    assert commit in output.backend.output


def test_it_is_exported_once(git_project):
    first = opened(git_project)
    before = os.stat(first.directory)

    second = opened(git_project)

    assert second == first
    assert os.stat(second.directory) == before


def test_secrets_are_not_shipped(git_project):
    git_project.write("environments/prod/secrets.cfg.age", "private")
    git_project.commit()
    git_project.push()

    assert opened(git_project).files == tuple(HELLO)


def test_a_deployment_in_a_subdirectory_is_shipped_with_its_repository(nested_project):
    nested_project.write("../../shared")
    nested_project.commit()
    nested_project.push()

    source = opened(nested_project)

    assert source.base == "deploy/site"
    assert source.files == (*(f"deploy/site/{name}" for name in HELLO), "shared")
    assert os.path.exists(f"{source.deployment}/components/hello/component.py")


def test_files_that_attributes_keep_out_of_archives_are_shipped(git_project):
    git_project.write(".gitattributes", "kept export-ignore\nraw export-subst\n")
    git_project.write("kept")
    git_project.write("raw", "$Format:%H$")
    git_project.commit()
    git_project.push()

    source = opened(git_project)

    assert "kept" in source.files
    assert content(source, "raw") == "$Format:%H$"


def test_modes_and_links_are_those_of_the_commit(git_project):
    git_project.write("run", "#!/bin/sh\n", 0o755)
    os.symlink("run", git_project.path / "link")
    git_project.commit()
    git_project.push()

    source = opened(git_project)

    assert os.access(os.path.join(source.directory, "run"), os.X_OK)
    assert os.readlink(os.path.join(source.directory, "link")) == "run"


def test_lines_end_as_they_are_committed_whatever_the_settings_are(git_project):
    git_project.write("text", "one\ntwo\n")
    git_project.commit()
    git_project.push()
    git_project.git("config", "core.autocrlf", "true")

    assert content(opened(git_project), "text") == "one\ntwo\n"


# Clean


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda project: project.write("new"), "?? new"),
        (lambda project: project.write("notes", "changed"), " M notes"),
        (lambda project: (project.path / "notes").unlink(), " D notes"),
        (lambda project: project.git("mv", "notes", "moved"), "R  moved"),
        (
            lambda project: project.write("environments/prod/secret-key.age"),
            "?? environments/prod/secret-key.age",
        ),
    ],
)
def test_changes_that_are_not_committed_are_an_error(git_project, change, told):
    git_project.write("notes", "committed")
    git_project.commit()
    change(git_project)

    with pytest.raises(UncommittedChanges) as raised:
        opened(git_project)

    assert raised.value.rows() == [("git status --short", told)]
    assert "--dirty" in raised.value.hint()


def test_of_many_changes_some_are_shown(git_project):
    for number in range(30):
        git_project.write(f"new{number}")

    with pytest.raises(UncommittedChanges) as raised:
        opened(git_project)

    (row,) = raised.value.rows()
    assert row[1].endswith("… and 10 more")


def test_changes_elsewhere_in_the_repository_count(nested_project):
    nested_project.write("../../elsewhere")

    with pytest.raises(UncommittedChanges):
        opened(nested_project)


def test_what_batou_itself_has_written_does_not_count(git_project):
    for name in (".batou-lock", ".batou/cache/x", "work/hello/y", ".appenv/z"):
        git_project.write(name)

    assert opened(git_project).files == tuple(HELLO)


def test_dirty_ships_what_is_committed(git_project, output):
    git_project.write("notes", "committed")
    git_project.commit()
    git_project.write("notes", "changed")
    git_project.write("new")

    source = opened(git_project, is_dirty_allowed=True)

    assert source.files == (*HELLO, "notes")
    assert content(source, "notes") == "committed"
    assert "--dirty" in output.backend.output


# Pushed


def test_commits_that_are_not_pushed_are_an_error(git_project):
    git_project.write("new")
    git_project.commit()

    with pytest.raises(
        NotPushed, match="has a commit that 'origin/master' does not have"
    ) as raised:
        opened(git_project)

    assert raised.value.rows()[0][1].endswith(" work")


def test_dirty_ships_commits_that_are_not_pushed(git_project):
    git_project.write("new")
    commit = git_project.commit()

    source = opened(git_project, is_dirty_allowed=True)

    assert "new" in source.files
    assert source.revision == commit


def test_a_branch_that_origin_does_not_have_is_an_error(git_project):
    git_project.git("checkout", "--quiet", "-b", "production")
    git_project.configure(update_method="git-bundle", branch="production")
    git_project.commit()

    with pytest.raises(NothingToCompare, match="there is no 'origin/production'"):
        opened(git_project)


def test_a_repository_without_origin_is_an_error_unless_dirty(git_project):
    git_project.git("remote", "remove", "origin")

    with pytest.raises(NothingToCompare, match="origin/master"):
        opened(git_project)
    assert opened(git_project, is_dirty_allowed=True).files == tuple(HELLO)


# Branch


def test_another_branch_in_the_working_tree_is_an_error(git_project):
    git_project.git("checkout", "--quiet", "-b", "side")
    git_project.write("new")
    commit = git_project.commit()

    with pytest.raises(WrongBranch) as raised:
        opened(git_project, is_dirty_allowed=True)

    assert ("Working tree", f"'side' ({commit[:12]})") in raised.value.rows()
    assert "'master'" in raised.value.summary()


def test_another_branch_at_the_same_commit_is_fine(git_project):
    git_project.git("checkout", "--quiet", "-b", "side")

    assert opened(git_project).files == tuple(HELLO)


def test_without_a_master_the_current_branch_is_shipped(git_project):
    git_project.git("branch", "--move", "main")
    git_project.push()

    assert opened(git_project).files == tuple(HELLO)


def test_a_branch_that_is_set_must_exist(git_project):
    git_project.configure(update_method="git-bundle", branch="production")
    git_project.commit()
    git_project.push()

    with pytest.raises(UnknownBranch) as raised:
        opened(git_project)

    assert raised.value.summary() == (
        "the repository has no branch 'production'; it is on 'master'"
    )
    assert raised.value.rows() == [("Branches", "'master'")]


def test_without_any_branch_both_are_named(git_project):
    git_project.git("checkout", "--quiet", "--detach")
    git_project.git("branch", "--delete", "--force", "master")
    git_project.git("update-ref", "-d", "refs/remotes/origin/master")

    with pytest.raises(UnknownBranch, match=r"'master', which is the default; it is on no branch"):
        opened(git_project)


def test_a_checkout_of_a_commit_is_fine_if_it_is_the_end_of_the_branch(git_project):
    git_project.git("checkout", "--quiet", "--detach")
    git_project.git("branch", "--delete", "--force", "master")

    assert opened(git_project).files == tuple(HELLO)


def test_a_repository_without_a_commit_is_an_error(project):
    git.git(str(project.path), "init", "--quiet", "--initial-branch=main")
    project.configure(update_method="git-bundle")

    with pytest.raises(UnknownBranch, match="no branch 'master', which is the default"):
        opened(project)


def test_no_repository_is_an_error(project):
    project.configure(update_method="git-pull")

    with pytest.raises(NoRepository, match="update_method 'git-pull' needs a Git repository"):
        opened(project)


def test_no_git_is_an_error(git_project, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoRepository) as raised:
        opened(git_project)

    assert raised.value.rows() == [("Answer", "git: command not found")]


# Submodules


@pytest.fixture
def library(git_project, tmp_path):
    """A repository that is a submodule of the project's, and has one itself."""
    paths = []
    for name in ("inner", "library"):
        path = tmp_path / name
        path.mkdir()
        (path / f"{name}.txt").write_text("committed")
        git.git(str(path), "init", "--quiet")
        for before in paths:
            git.git(str(path), "submodule", "--quiet", "add", str(before))
        git.git(str(path), "add", "--all")
        git.git(str(path), "commit", "--quiet", "--message", name)
        paths.append(path)
    git_project.git("submodule", "--quiet", "add", str(paths[1]), "lib/library")
    git_project.git("submodule", "--quiet", "update", "--init", "--recursive")
    git_project.commit()
    git_project.push()
    return git_project.path / "lib/library"


def test_submodules_are_shipped_at_their_recorded_commits(git_project, library):
    (library / "library.txt").write_text("newer")
    git.git(str(library), "commit", "--quiet", "--all", "--message", "newer")

    source = opened(git_project, is_dirty_allowed=True)

    assert content(source, "lib/library/library.txt") == "committed"
    assert content(source, "lib/library/inner/inner.txt") == "committed"
    assert "lib/library/inner/inner.txt" in source.files


def test_another_commit_in_a_submodule_is_a_change(git_project, library):
    git.git(str(library), "commit", "--quiet", "--allow-empty", "--message", "newer")

    with pytest.raises(UncommittedChanges) as raised:
        opened(git_project)

    assert raised.value.rows()[0][1] == " M lib/library"


def test_submodules_that_are_not_checked_out_are_left_out_aloud(git_project, library, output):
    git_project.git("submodule", "--quiet", "deinit", "--all")

    source = opened(git_project)

    assert source.files == (".gitmodules", *HELLO)
    assert "submodule 'lib/library' is not checked out" in output.backend.output


def test_a_submodule_that_is_checked_out_later_is_shipped_then(git_project, library):
    git_project.git("submodule", "--quiet", "deinit", "--all")
    opened(git_project)
    git_project.git("submodule", "--quiet", "update", "--init", "--recursive")

    assert "lib/library/library.txt" in opened(git_project).files


def test_a_submodule_that_lacks_its_commit_is_an_error(git_project, library, tmp_path):
    other = tmp_path / "library"
    git.git(str(other), "commit", "--quiet", "--allow-empty", "--message", "newer")
    newer = git.git(str(other), "rev-parse", "HEAD").decode().strip()
    git_project.git("update-index", "--cacheinfo", f"160000,{newer},lib/library")
    git_project.git("commit", "--quiet", "--message", "newer library")

    with pytest.raises(SubmoduleBehind, match=f"'lib/library' does not have .* {newer[:12]}"):
        opened(git_project, is_dirty_allowed=True)


# Settings of people


def test_changes_count_even_if_somebody_does_not_want_to_see_them(git_project):
    git_project.git("config", "status.showUntrackedFiles", "no")
    git_project.write("new")

    with pytest.raises(UncommittedChanges):
        opened(git_project)


def test_a_repository_that_git_refuses_is_told_as_git_tells_it(git_project):
    git_project.git("config", "core.repositoryformatversion", "99")

    with pytest.raises(RepositoryFailed, match="git rev-parse failed") as raised:
        opened(git_project)

    assert "99" in raised.value.answer
