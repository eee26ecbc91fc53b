"""`batou.lib.mercurial`."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from batou.component import RootComponent
from batou.errors import CmdExecutionError, ConfigurationError
from batou.lib.mercurial import Clone
from batou.report.output import Output


class Repository:
    """A repository to clone from."""

    def __init__(self, path: Path, first: str = "") -> None:
        self.path = path
        self.first = first

    @classmethod
    def create(cls, path: Path) -> "Repository":
        path.mkdir()
        repository = cls(path)
        repository.hg("init")
        repository.first = repository.commit("readme", "one")
        return repository

    def copy(self, path: Path) -> "Repository":
        shutil.copytree(self.path, path)
        return Repository(path, self.first)

    def hg(self, *args: str) -> str:
        done = subprocess.run(
            ["hg", *args], cwd=self.path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def date(self) -> str:
        return self.hg("log", "--rev=.", "--template={date|hgdate}").split()[0]

    def commit(self, name: str, content: str) -> str:
        (self.path / name).write_text(content)
        self.hg("commit", "--addremove", "--message", name, "--user", "test")
        return self.hg("log", "--rev=.", "--template={node}")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with one changeset, made once as Mercurial is slow."""
    return Repository.create(tmp_path_factory.mktemp("hg") / "pristine")


@pytest.fixture
def origin(tmp_path: Path, pristine: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with one changeset, and settings that do not depend on the user."""
    monkeypatch.setenv("HGRCPATH", "")
    return pristine.copy(tmp_path / "origin")


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


@pytest.mark.parametrize("wanted", [{}, {"revision": "abc", "branch": "default"}])
def test_exactly_one_of_revision_and_branch_is_expected(
    root: RootComponent, wanted: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="exactly one of revision and branch") as caught:
        root.component += Clone("https://me:secret@example.com/x", **wanted)

    assert isinstance(caught.value, ConfigurationError)
    assert "secret" not in str(caught.value)


def test_password_of_the_url_is_not_shown() -> None:
    clone = Clone("https://me:secret@example.com/x", branch="default")

    assert clone._breadcrumb == "Clone('https://me:***@example.com/x')"


@pytest.mark.slow
@pytest.mark.needs("hg")
class TestClone:
    """With a real Mercurial."""

    @pytest.mark.parametrize("kind", ["revision", "branch"])
    def test_clone_converges(
        self, root: RootComponent, origin: Repository, target: Path, kind: str
    ) -> None:
        wanted: dict[str, Any] = {kind: {"revision": origin.first, "branch": "default"}[kind]}

        clone = deploy(root, origin, **wanted)

        assert (target / "readme").read_text() == "one"
        assert clone.current_revision() == origin.first
        assert clone.last_updated(key="st_mtime") == float(origin.date())
        assert converges(root, origin, **wanted)

    def test_prediction_clones_nothing(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        clone = deploy(root, origin, branch="default", predict_only=True)

        assert clone.changed
        assert not target.exists()

    def test_new_changeset_of_the_branch_is_pulled(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin, branch="default")
        origin.commit("readme", "two")

        deploy(root, origin, branch="default")

        assert (target / "readme").read_text() == "two"
        assert converges(root, origin, branch="default")

    def test_changeset_of_another_branch_is_no_reason_to_update(
        self, root: RootComponent, origin: Repository
    ) -> None:
        deploy(root, origin, branch="default")
        origin.hg("branch", "other")
        origin.commit("readme", "other")

        assert converges(root, origin, branch="default")

    def test_branch_can_be_switched(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        origin.hg("branch", "other")
        origin.commit("readme", "other")
        deploy(root, origin, branch="default")

        clone = deploy(root, origin, branch="other")

        assert clone.current_branch() == "other"
        assert (target / "readme").read_text() == "other"
        assert converges(root, origin, branch="other")

    def test_working_copy_behind_its_branch_is_updated(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        origin.commit("readme", "two")
        clone = deploy(root, origin, branch="default")
        clone._hg("update", "--quiet", "--rev=0")

        deploy(root, origin, branch="default")

        assert (target / "readme").read_text() == "two"

    def test_revision_that_is_there_needs_no_network(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        second = origin.commit("readme", "two")
        deploy(root, origin, revision=second)
        url = str(origin.path)
        origin.path.rename(origin.path.with_name("gone"))

        assert converges(root, url, revision=second)
        deploy(root, url, revision=origin.first)

        assert (target / "readme").read_text() == "one"

    def test_revision_may_be_shortened(self, root: RootComponent, origin: Repository) -> None:
        deploy(root, origin, revision=origin.first[:12])

        assert converges(root, origin, revision=origin.first[:12])

    def test_new_revision_is_pulled(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin, revision=origin.first)
        second = origin.commit("readme", "two")

        deploy(root, origin, revision=second)

        assert (target / "readme").read_text() == "two"
        assert converges(root, origin, revision=second)

    def test_revision_may_be_a_name_that_moves(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin, revision="tip")
        origin.commit("readme", "two")

        deploy(root, origin, revision="tip")

        assert (target / "readme").read_text() == "two"
        assert converges(root, origin, revision="tip")

    def test_unknown_revision_is_an_error(self, root: RootComponent, origin: Repository) -> None:
        with pytest.raises(CmdExecutionError) as caught:
            deploy(root, origin, revision="deadbeef")

        assert "deadbeef" in str(caught.value.stderr)

    def test_clone_without_vcs_update_stays(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin, branch="default", vcs_update=False)
        origin.commit("readme", "two")
        (target / "readme").write_text("mine")

        assert converges(root, origin, branch="default", vcs_update=False)
        assert (target / "readme").read_text() == "mine"

    def test_local_changes_are_removed(
        self, root: RootComponent, origin: Repository, target: Path, output: Output
    ) -> None:
        for name in ("modified", "removed", "missing"):
            (origin.path / name).write_text("one")
        origin.commit("readme", "one")
        clone = deploy(root, origin, branch="default")
        (target / "modified").write_text("mine")
        (target / "added").touch()
        clone._hg("add", "added")
        clone._hg("remove", "removed")
        (target / "missing").unlink()

        deploy(root, origin, branch="default")

        assert "which are removed" in output.output
        assert {(target / name).read_text() for name in ("modified", "removed", "missing")} == {
            "one"
        }
        assert converges(root, origin, branch="default")

    @pytest.mark.parametrize("name", ["readme", "new"])
    def test_one_local_change_is_enough(
        self, root: RootComponent, origin: Repository, target: Path, name: str
    ) -> None:
        clone = deploy(root, origin, branch="default")
        (target / name).write_text("mine")
        clone._hg("add", name)

        assert clone.has_changes()

    def test_untracked_files_are_kept(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin, branch="default")
        (target / "mine").touch()

        assert not deploy(root, origin, branch="default").changed
        assert (target / "mine").exists()

    def test_local_changesets_are_mentioned_and_kept(
        self, root: RootComponent, origin: Repository, target: Path, output: Output
    ) -> None:
        clone = deploy(root, origin, branch="default")
        (target / "readme").write_text("mine")
        clone._hg("commit", "--message", "mine", "--user", "test")

        assert converges(root, origin, branch="default")
        assert "has commits that its origin lacks" in output.output

    def test_other_origin_is_cloned_anew(
        self, root: RootComponent, origin: Repository, target: Path, tmp_path: Path
    ) -> None:
        deploy(root, origin, branch="default")
        (target / "leftover").touch()
        other = origin.copy(tmp_path / "other")

        deploy(root, other, branch="default")

        assert sorted(path.name for path in target.iterdir()) == [".hg", "readme"]
        assert converges(root, other, branch="default")

    def test_unreachable_origin_costs_nothing(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin, branch="default")

        with pytest.raises(CmdExecutionError, match="identify"):
            deploy(root, "/nowhere/at/all", branch="default")

        assert (target / "readme").read_text() == "one"

    def test_clone_that_was_cut_off_is_completed(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        target.mkdir(parents=True)
        subprocess.run(["hg", "clone", "--noupdate", origin.path, target], check=True)

        deploy(root, origin, branch="default", vcs_update=False)

        assert (target / "readme").read_text() == "one"

    @pytest.mark.parametrize("kind", ["relative", "file"])
    def test_other_ways_to_write_a_path_converge(
        self, root: RootComponent, origin: Repository, kind: str
    ) -> None:
        url = "../../origin" if kind == "relative" else f"file://{origin.path}"
        wanted: dict[str, Any] = {"target": ".", "revision": origin.first}

        deploy(root, url, **wanted)

        assert Path(root.workdir, "readme").exists()
        assert converges(root, url, **wanted)

    def test_nothing_is_known_about_what_is_not_there(
        self, root: RootComponent, origin: Repository
    ) -> None:
        clone = deploy(root, origin, branch="default", predict_only=True)

        assert clone.last_updated() is None
        assert clone.current_revision() is None
        assert clone.current_branch() is None
        assert clone.remote_url() is None
