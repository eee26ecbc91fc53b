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
        self.svn("mkdir", "--parents", "--message", "layout", self.url, f"{self.root}/branches")
        self.copy = path.with_name(f"{path.name}-copy")
        self.svn("checkout", self.root, str(self.copy))
        self.commit("trunk/readme", "one")

    def svn(self, *args: str, cwd: Path | None = None) -> str:
        command = ["svn", "--non-interactive", *args]
        done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, name: str, content: str) -> str:
        path = self.copy / name
        path.write_text(content)
        self.svn("add", "--force", str(path))
        self.svn("commit", "--message", name, cwd=self.copy)
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

    @pytest.mark.parametrize("revision", [None, "head", "3", 3])
    def test_checkout_converges(
        self, root: RootComponent, origin: Repository, target: Path, revision: Any
    ) -> None:
        checkout = deploy(root, origin.url, revision=revision)

        assert (target / "readme").read_text() == "one" if revision != "3" else True
        assert checkout.current_revision() == ("2" if revision in (None, "head") else "3")
        assert converges(root, origin.url, revision=revision)
