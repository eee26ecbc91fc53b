"""`batou.lib.git`."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from batou.component import RootComponent
from batou.errors import CmdExecutionError, ConfigurationError, DeploymentError
from batou.lib.git import Clone, LocalChanges, ensure_empty_directory
from batou.report.output import Output

pytestmark = pytest.mark.needs("git")


class Repository:
    """A repository to clone from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.first = self.commit("readme", "one")

    def git(self, *args: str) -> str:
        done = subprocess.run(
            ["git", *args], cwd=self.path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, name: str, content: str) -> str:
        (self.path / name).write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", name)
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def git_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of Git that do not depend on who runs the tests."""
    config = tmp_path / "gitconfig"
    config.write_text(
        '[user]\nname = Test\nemail = test@example.com\n[protocol "file"]\nallow = always\n'
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    """A repository with one commit on ``main``."""
    return Repository(tmp_path / "origin")


@pytest.fixture
def target(root: RootComponent) -> Path:
    """Where the tests clone to."""
    return Path(root.workdir, "clone")


def deploy(root: RootComponent, origin: Any, predict_only: bool = False, **kw: Any) -> Clone:
    """Deploy a clone in a new tree, as each run does."""
    url = str(origin.path) if isinstance(origin, Repository) else origin
    root.prepare()
    root.component += Clone(url, **{"target": "clone", **kw})
    root.component.deploy(predict_only)
    clone: Clone = root.component._
    return clone


def converges(root: RootComponent, origin: Any, **kw: Any) -> bool:
    """Whether deploying again changes nothing."""
    deploy(root, origin, **kw)
    return not root.component.changed


@pytest.mark.parametrize(
    "wanted", [{}, {"revision": "abc", "branch": "main"}, {"branch": "main", "tag": "1"}]
)
def test_exactly_one_of_revision_branch_and_tag_is_expected(
    root: RootComponent, wanted: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="exactly one of revision, branch and tag") as caught:
        root.component += Clone("https://me:secret@example.com/x", **wanted)

    assert isinstance(caught.value, ConfigurationError)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", ["revision", "branch", "tag"])
def test_clone_converges(root: RootComponent, origin: Repository, target: Path, kind: str) -> None:
    origin.git("tag", "1.0")
    wanted: dict[str, Any] = {
        kind: {"revision": origin.first, "branch": "main", "tag": "1.0"}[kind]
    }

    clone = deploy(root, origin, **wanted)

    assert (target / "readme").read_text() == "one"
    assert clone.current_revision() == origin.first
    assert converges(root, origin, **wanted)


def test_default_target_is_the_work_directory(root: RootComponent, origin: Repository) -> None:
    deploy(root, origin, target=".", branch="main")

    assert Path(root.workdir, "readme").exists()
    assert converges(root, origin, target=".", branch="main")


def test_prediction_clones_nothing(root: RootComponent, origin: Repository, target: Path) -> None:
    clone = deploy(root, origin, branch="main", predict_only=True)

    assert clone.changed
    assert not target.exists()


def test_new_commit_of_the_branch_is_fetched(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    deploy(root, origin, branch="main")
    origin.commit("readme", "two")

    deploy(root, origin, branch="main")

    assert (target / "readme").read_text() == "two"
    assert converges(root, origin, branch="main")


def test_commit_of_another_branch_is_no_reason_to_update(
    root: RootComponent, origin: Repository
) -> None:
    deploy(root, origin, branch="main")
    origin.git("checkout", "--quiet", "-b", "other")
    origin.commit("readme", "other")

    assert converges(root, origin, branch="main")


def test_rewritten_branch_is_followed(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    origin.commit("readme", "two")
    deploy(root, origin, branch="main")
    origin.git("reset", "--quiet", "--hard", origin.first)

    deploy(root, origin, branch="main")

    assert (target / "readme").read_text() == "one"
    assert converges(root, origin, branch="main")


def test_branch_can_be_switched(root: RootComponent, origin: Repository, target: Path) -> None:
    origin.git("checkout", "--quiet", "-b", "feature/x")
    origin.commit("readme", "x")
    deploy(root, origin, branch="main")

    clone = deploy(root, origin, branch="feature/x")

    assert clone.current_branch() == "feature/x"
    assert (target / "readme").read_text() == "x"
    assert converges(root, origin, branch="feature/x")


def test_missing_branch_is_named(root: RootComponent, origin: Repository) -> None:
    with pytest.raises(DeploymentError, match="has no branch 'nope'"):
        deploy(root, origin, branch="nope")


def test_branch_that_vanished_is_named(root: RootComponent, origin: Repository) -> None:
    origin.git("branch", "old")
    deploy(root, origin, branch="old")
    origin.git("branch", "--delete", "old")

    with pytest.raises(DeploymentError, match="has no branch 'old'"):
        deploy(root, origin, branch="old")


def test_missing_tag_and_revision_are_named(root: RootComponent, origin: Repository) -> None:
    with pytest.raises(DeploymentError, match="has no tag '9'"):
        deploy(root, origin, tag="9")
    with pytest.raises(DeploymentError, match="has no revision 'deadbeef'"):
        deploy(root, origin, revision="deadbeef")


def test_revision_and_tag_that_are_there_need_no_network(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    origin.git("tag", "1.0")
    second = origin.commit("readme", "two")
    deploy(root, origin, revision=second)
    url = str(origin.path)
    origin.path.rename(origin.path.with_name("gone"))

    assert converges(root, url, revision=second)
    deploy(root, url, tag="1.0")

    assert (target / "readme").read_text() == "one"
    assert converges(root, url, revision=origin.first)


def test_revision_may_be_shortened(root: RootComponent, origin: Repository) -> None:
    clone = deploy(root, origin, revision=origin.first[:8])

    assert clone.current_revision() == origin.first
    assert converges(root, origin, revision=origin.first[:8])


def test_new_revision_is_fetched(root: RootComponent, origin: Repository, target: Path) -> None:
    deploy(root, origin, revision=origin.first)
    second = origin.commit("readme", "two")

    deploy(root, origin, revision=second)

    assert (target / "readme").read_text() == "two"


def test_revision_on_no_branch_is_fetched(root: RootComponent, origin: Repository) -> None:
    proposal = origin.commit("readme", "proposal")
    origin.git("update-ref", "refs/pull/1/head", proposal)
    origin.git("reset", "--quiet", "--hard", origin.first)
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")

    clone = deploy(root, f"file://{origin.path}", revision=proposal)

    assert clone.current_revision() == proposal
    assert not clone.has_outgoing_changesets()
    assert converges(root, f"file://{origin.path}", revision=proposal)


def test_revision_may_be_the_name_of_a_remote_branch(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    deploy(root, origin, revision="origin/main")
    origin.commit("readme", "two")

    deploy(root, origin, revision="origin/main")

    assert (target / "readme").read_text() == "two"
    assert converges(root, origin, revision="origin/main")


def test_tag_beside_another_tag_converges(root: RootComponent, origin: Repository) -> None:
    origin.git("tag", "1.0")
    origin.git("tag", "--annotate", "--message", "stable", "stable")

    deploy(root, origin, tag="1.0")

    assert converges(root, origin, tag="1.0")


def test_tag_can_be_changed(root: RootComponent, origin: Repository, target: Path) -> None:
    origin.git("tag", "1.0")
    deploy(root, origin, tag="1.0")
    origin.commit("readme", "two")
    origin.git("tag", "2.0")

    clone = deploy(root, origin, tag="2.0")

    assert clone.current_tag() == "2.0"
    assert (target / "readme").read_text() == "two"


def test_clone_without_vcs_update_stays(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    deploy(root, origin, branch="main", vcs_update=False)
    origin.commit("readme", "two")
    (target / "readme").write_text("mine")

    assert converges(root, origin, branch="main", vcs_update=False)
    assert (target / "readme").read_text() == "mine"


@pytest.mark.parametrize("name", ["readme", "untracked"])
def test_local_changes_stop_the_deployment(
    root: RootComponent, origin: Repository, target: Path, output: Output, name: str
) -> None:
    deploy(root, origin, branch="main")
    (target / name).write_text("mine")

    with pytest.raises(RuntimeError) as caught:
        deploy(root, origin, branch="main")

    assert isinstance(caught.value, LocalChanges)
    assert caught.value.summary() == f"{str(target)!r} has local changes"
    assert [value.split()[1] for _, value in caught.value.rows()] == [name]
    assert f"{str(target)!r} has local changes" in output.output
    assert (target / name).read_text() == "mine"


def test_many_local_changes_are_cut_short() -> None:
    error = LocalChanges("/x", tuple(f"?? {number}" for number in range(30)))

    assert len(error.rows()) == 21
    assert error.rows()[-1] == ("Change", "… and 10 more")
    assert "clobber=True" in (error.hint() or "")


@pytest.mark.parametrize("name", ["readme", "untracked", "directory/untracked"])
def test_clobber_removes_local_changes(
    root: RootComponent, origin: Repository, target: Path, output: Output, name: str
) -> None:
    deploy(root, origin, branch="main", clobber=True)
    (target / name).parent.mkdir(exist_ok=True)
    (target / name).write_text("mine")

    deploy(root, origin, branch="main", clobber=True)

    assert "which are removed" in output.output
    assert sorted(os.listdir(target)) == [".git", "readme"]
    assert (target / "readme").read_text() == "one"
    assert converges(root, origin, branch="main", clobber=True)


def test_ignored_files_are_kept(root: RootComponent, origin: Repository, target: Path) -> None:
    origin.commit(".gitignore", "*.pyc\n")
    deploy(root, origin, branch="main")
    (target / "cache.pyc").touch()
    origin.commit("readme", "two")

    deploy(root, origin, branch="main")

    assert (target / "cache.pyc").exists()


def test_local_commits_are_mentioned_and_kept(
    root: RootComponent, origin: Repository, target: Path, output: Output
) -> None:
    clone = deploy(root, origin, branch="main")
    (target / "readme").write_text("mine")
    clone._git("commit", "--quiet", "--all", "--message", "mine")

    clone = deploy(root, origin, branch="main")

    assert clone.has_outgoing_changesets()
    assert not clone.changed
    assert "has commits that its origin lacks" in output.output


def test_other_origin_is_cloned_anew(
    root: RootComponent, origin: Repository, target: Path, tmp_path: Path
) -> None:
    deploy(root, origin, branch="main")
    other = Repository(tmp_path / "other")
    other.commit("readme", "other")

    clone = deploy(root, other, branch="main")

    assert clone.remote_url() == str(other.path)
    assert (target / "readme").read_text() == "other"
    assert converges(root, other, branch="main")


def test_other_origin_does_not_cost_local_changes(
    root: RootComponent, origin: Repository, target: Path, tmp_path: Path
) -> None:
    deploy(root, origin, branch="main")
    (target / "readme").write_text("mine")

    with pytest.raises(LocalChanges):
        deploy(root, Repository(tmp_path / "other"), branch="main")

    assert (target / "readme").read_text() == "mine"


def test_unreachable_origin_costs_nothing(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    deploy(root, origin, branch="main")

    with pytest.raises(CmdExecutionError, match="ls-remote"):
        deploy(root, "/nowhere/at/all", branch="main")

    assert (target / "readme").read_text() == "one"


def test_directory_that_is_no_working_copy_is_replaced(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    (target / ".git").mkdir(parents=True)
    (target / "leftover").touch()

    deploy(root, origin, branch="main")

    assert sorted(os.listdir(target)) == [".git", "readme"]


def test_repository_around_the_target_is_not_touched(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    around = Path(root.environment.base_dir)
    subprocess.run(["git", "init", "--quiet", around], check=True)
    (target / ".git").mkdir(parents=True)

    deploy(root, origin, branch="main")

    assert converges(root, origin, branch="main")
    assert not (around / ".git/refs/remotes").exists()


def test_repository_of_somebody_else_is_not_removed(
    root: RootComponent, origin: Repository, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(root, origin, branch="main")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    with pytest.raises(CmdExecutionError) as caught:
        deploy(root, origin, branch="main")

    assert "dubious ownership" in str(caught.value.stderr)
    assert (target / "readme").exists()


def test_update_that_was_cut_off_is_completed(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    clone = deploy(root, origin, branch="main")
    clone._git("config", "batou.updating", "true")
    (target / "readme").unlink()  # as a checkout that was killed leaves it

    deploy(root, origin, branch="main")

    assert (target / "readme").read_text() == "one"
    assert converges(root, origin, branch="main")


def test_clone_that_was_cut_off_is_completed(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    target.mkdir(parents=True)
    subprocess.run(
        ["git", "clone", "--quiet", "--no-checkout", "--config=batou.updating=true"]
        + [origin.path, "."],
        cwd=target,
        check=True,
    )

    deploy(root, origin, branch="main", vcs_update=False)

    assert (target / "readme").read_text() == "one"
    assert converges(root, origin, branch="main", vcs_update=False)


def test_relative_path_as_url_converges(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    url = os.path.relpath(origin.path, root.workdir)

    deploy(root, url, branch="main")

    assert converges(root, url, branch="main")


def test_variables_of_a_calling_git_are_ignored(
    root: RootComponent, origin: Repository, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(origin.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(origin.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(origin.path / "index"))

    deploy(root, origin, branch="main")

    assert (target / "readme").exists()
    assert converges(root, origin, branch="main")


def test_password_of_the_url_is_not_shown(root: RootComponent) -> None:
    clone = Clone("https://me:secret@example.com/x", branch="main")

    assert clone._breadcrumb == "Clone('https://me:***@example.com/x')"


def test_last_updated_is_the_time_of_the_commit(
    root: RootComponent, origin: Repository, target: Path
) -> None:
    committed = float(origin.git("log", "-1", "--format=%ct"))

    clone = deploy(root, origin, branch="main")

    assert clone.last_updated(key="st_mtime") == committed
    assert Clone.last_updated(clone) == committed


def test_nothing_is_known_about_what_is_not_there(root: RootComponent, origin: Repository) -> None:
    clone = deploy(root, origin, branch="main", predict_only=True)

    assert clone.last_updated() is None
    assert clone.current_revision() is None
    assert clone.current_branch() is None
    assert clone.current_tag() is None
    assert clone.remote_url() is None


def test_helpers_tell_the_state(root: RootComponent, origin: Repository, target: Path) -> None:
    clone = deploy(root, origin, branch="main")
    (target / "ä new.txt").touch()

    assert clone.untracked_files() == ["ä new.txt"]
    assert clone.has_changes()
    assert not clone.has_incoming_changesets()
    assert not clone.has_outgoing_changesets()
    assert clone.current_tag() is None


class TestSubmodules:
    """Submodules follow their repository."""

    @pytest.fixture
    def library(self, tmp_path: Path) -> Repository:
        return Repository(tmp_path / "library")

    @pytest.fixture
    def origin(self, tmp_path: Path, library: Repository) -> Repository:
        origin = Repository(tmp_path / "origin")
        origin.git("submodule", "--quiet", "add", str(library.path), "lib")
        origin.git("commit", "--quiet", "--message", "submodule")
        return origin

    def follow(self, origin: Repository, library: Repository) -> None:
        """Record the library's newest commit in *origin*."""
        subprocess.run(["git", "pull", "--quiet"], cwd=origin.path / "lib", check=True)
        origin.git("commit", "--quiet", "--all", "--message", "follow")

    def test_they_are_cloned(self, root: RootComponent, origin: Repository, target: Path) -> None:
        deploy(root, origin, branch="main")

        assert (target / "lib/readme").read_text() == "one"
        assert converges(root, origin, branch="main")

    def test_they_are_updated(
        self, root: RootComponent, origin: Repository, library: Repository, target: Path
    ) -> None:
        deploy(root, origin, branch="main")
        library.commit("readme", "two")
        self.follow(origin, library)

        deploy(root, origin, branch="main")

        assert (target / "lib/readme").read_text() == "two"
        assert converges(root, origin, branch="main")

    def test_one_that_stayed_behind_is_no_local_change(
        self, root: RootComponent, origin: Repository, library: Repository, target: Path
    ) -> None:
        library.commit("readme", "two")
        self.follow(origin, library)
        deploy(root, origin, branch="main")
        subprocess.run(
            ["git", "checkout", "--quiet", library.first], cwd=target / "lib", check=True
        )

        deploy(root, origin, branch="main")

        assert (target / "lib/readme").read_text() == "two"

    def test_one_that_is_missing_is_brought_back(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        clone = deploy(root, origin, branch="main")
        clone._git("submodule", "--quiet", "deinit", "--force", "lib")

        deploy(root, origin, branch="main")

        assert (target / "lib/readme").exists()

    def test_changes_inside_stop_the_deployment(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin, branch="main")
        (target / "lib/readme").write_text("mine")

        with pytest.raises(LocalChanges):
            deploy(root, origin, branch="main")

    @pytest.mark.parametrize("name", ["readme", "untracked"])
    def test_clobber_removes_changes_inside(
        self, root: RootComponent, origin: Repository, target: Path, name: str
    ) -> None:
        deploy(root, origin, branch="main", clobber=True)
        (target / "lib" / name).write_text("mine")

        deploy(root, origin, branch="main", clobber=True)

        assert (target / "lib/readme").read_text() == "one"
        assert converges(root, origin, branch="main", clobber=True)

    def test_one_that_is_dropped_disappears(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin, branch="main")
        origin.git("rm", "--quiet", "lib")
        origin.git("commit", "--quiet", "--message", "without")

        deploy(root, origin, branch="main")

        assert not (target / "lib").exists()
        assert converges(root, origin, branch="main")


def test_directory_is_emptied_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "directory"
    (path / "a/b").mkdir(parents=True)
    (path / "file").touch()
    (path / "link").symlink_to(tmp_path)
    path.chmod(0o750)

    ensure_empty_directory(str(path))

    assert os.listdir(path) == []
    assert path.stat().st_mode & 0o777 == 0o750
    assert tmp_path.exists()


@pytest.mark.parametrize("kind", ["nothing", "file", "broken link"])
def test_what_is_no_directory_becomes_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "directory"
    if kind == "file":
        path.touch()
    if kind == "broken link":
        path.symlink_to("nowhere")

    ensure_empty_directory(str(path))

    assert path.is_dir()
    assert os.listdir(path) == []
