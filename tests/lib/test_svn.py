"""`batou.lib.svn`."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from batou.component import RootComponent
from batou.errors import CmdExecutionError
from batou.lib.svn import Checkout, Entry, Subversion
from batou.report.output import Output


class Repository:
    """A repository to check out from, and a working copy to commit with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        subprocess.run(["svnadmin", "create", path], check=True)
        self.root = f"file://{path}"
        self.url = f"{self.root}/trunk"
        self.svn("mkdir", "--message", "layout", self.url, f"{self.root}/branches")
        self.copy = path.with_name(f"{path.name}-copy")
        self.svn("checkout", self.root, str(self.copy))
        self.commit("trunk/readme", "one")  # revision 2

    def svn(self, *args: str, cwd: Path | None = None) -> str:
        command = ["svn", "--non-interactive", *args]
        done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, name: str, content: str) -> str:
        path = self.copy / name
        path.write_text(content)
        self.svn("add", "--force", str(path))
        self.svn("commit", "--force-log", "--message", name, cwd=self.copy)
        self.svn("update", cwd=self.copy)
        return self.svn("info", "--show-item", "revision", "--no-newline", str(self.copy))


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    """A repository with a trunk."""
    return Repository(tmp_path / "origin")


@pytest.fixture
def target(root: RootComponent) -> Path:
    """Where the tests check out to."""
    return Path(root.workdir, "copy")


def deploy(root: RootComponent, url: str, predict_only: bool = False, **kw: Any) -> Checkout:
    """Deploy a working copy in a new tree, as each run does."""
    root.prepare()
    root.component += Checkout(url, **{"target": "copy", **kw})
    root.component.deploy(predict_only)
    checkout: Checkout = root.component._
    return checkout


def converges(root: RootComponent, url: str, **kw: Any) -> bool:
    """Whether deploying again changes nothing."""
    deploy(root, url, **kw)
    return not root.component.changed


def test_both_names_are_the_same_class() -> None:
    assert Subversion is Checkout


def test_password_of_the_url_is_not_shown() -> None:
    checkout = Checkout("https://me:secret@example.com/x")

    assert checkout._breadcrumb == "Checkout('https://me:***@example.com/x')"


@pytest.mark.parametrize(
    "given, wanted", [(None, "HEAD"), ("head", "HEAD"), (12, "12"), ("r12", "12"), ("12", "12")]
)
def test_revision_is_normalised(root: RootComponent, given: Any, wanted: str) -> None:
    root.component += Checkout("file:///x", revision=given)

    assert root.component._.revision == wanted


def test_answer_without_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="told nothing"):
        Entry.parse('<?xml version="1.0"?><info></info>')


@pytest.mark.needs("svn", "svnadmin")
class TestCheckout:
    """With a real Subversion."""

    @pytest.mark.parametrize("revision", [None, "head", "2", 2])
    def test_checkout_converges(
        self, root: RootComponent, origin: Repository, target: Path, revision: Any
    ) -> None:
        checkout = deploy(root, origin.url, revision=revision)

        assert (target / "readme").read_text() == "one"
        assert checkout.current_revision() == "2"
        assert converges(root, origin.url, revision=revision)

    def test_prediction_checks_out_nothing(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        checkout = deploy(root, origin.url, predict_only=True)

        assert checkout.changed
        assert checkout.current_revision() is None
        assert not target.exists()

    def test_newest_revision_is_followed(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin.url)
        origin.commit("trunk/readme", "two")

        deploy(root, origin.url)

        assert (target / "readme").read_text() == "two"
        assert converges(root, origin.url)

    def test_commit_elsewhere_in_the_repository_is_no_reason_to_update(
        self, root: RootComponent, origin: Repository
    ) -> None:
        deploy(root, origin.url)
        origin.commit("branches/readme", "other")

        assert converges(root, origin.url)

    def test_revision_that_is_there_needs_no_network(
        self, root: RootComponent, origin: Repository
    ) -> None:
        deploy(root, origin.url, revision="2")
        origin.path.rename(origin.path.with_name("gone"))

        assert converges(root, origin.url, revision="2")

    def test_older_revision_is_gone_back_to(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        origin.commit("trunk/readme", "two")
        deploy(root, origin.url)

        deploy(root, origin.url, revision="2")

        assert (target / "readme").read_text() == "one"
        assert converges(root, origin.url, revision="2")

    def test_branch_is_switched_to(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin.url)
        branch = f"{origin.root}/branches/my branch"
        origin.svn("copy", "--message", "branch", origin.url, branch)

        deploy(root, branch)

        assert (target / "readme").read_text() == "one"
        assert converges(root, branch + "/")

    def test_repository_that_moved_is_found_again(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin.url)
        (target / "mine").touch()
        moved = origin.path.rename(origin.path.with_name("moved"))

        deploy(root, f"file://{moved}/trunk")

        assert (target / "mine").exists()
        assert converges(root, f"file://{moved}/trunk")

    def test_other_repository_is_checked_out_anew(
        self, root: RootComponent, origin: Repository, target: Path, tmp_path: Path
    ) -> None:
        deploy(root, origin.url)
        (target / "leftover").touch()
        other = Repository(tmp_path / "other")
        other.commit("trunk/readme", "other")

        deploy(root, other.url)

        assert (target / "readme").read_text() == "other"
        assert not (target / "leftover").exists()
        assert converges(root, other.url)

    def test_unreachable_repository_costs_nothing(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin.url)

        with pytest.raises(CmdExecutionError):
            deploy(root, "file:///nowhere/at/all")

        assert (target / "readme").read_text() == "one"

    def test_local_changes_are_reverted(
        self, root: RootComponent, origin: Repository, target: Path, output: Output
    ) -> None:
        origin.commit("trunk/missing", "one")
        origin.commit("trunk/property", "one")
        deploy(root, origin.url)
        (target / "readme").write_text("mine")
        (target / "missing").unlink()
        origin.svn("propset", "color", "red", str(target / "property"))
        (target / "added").touch()
        origin.svn("add", str(target / "added"))

        deploy(root, origin.url)

        assert "which are removed" in output.output
        assert (target / "readme").read_text() == "one"
        assert (target / "missing").read_text() == "one"
        assert converges(root, origin.url)

    @pytest.mark.parametrize("change", ["content", "property"])
    def test_one_local_change_is_enough(
        self, root: RootComponent, origin: Repository, target: Path, change: str
    ) -> None:
        checkout = deploy(root, origin.url)
        if change == "content":
            (target / "readme").write_text("mine")
        else:
            origin.svn("propset", "color", "red", str(target / "readme"))

        assert checkout.has_changes()

    def test_unversioned_files_are_kept(
        self, root: RootComponent, origin: Repository, target: Path
    ) -> None:
        deploy(root, origin.url)
        (target / "mine").touch()
        origin.commit("trunk/readme", "two")

        deploy(root, origin.url)

        assert (target / "mine").exists()
        assert converges(root, origin.url)

    def test_names_beyond_ascii_are_checked_out(
        self, root: RootComponent, origin: Repository, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        origin.commit("trunk/größe", "42")
        monkeypatch.setenv("LC_ALL", "C")

        deploy(root, origin.url)

        assert (target / "größe").read_text() == "42"
        assert converges(root, origin.url)
