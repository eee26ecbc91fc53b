"""Subversion's working copies on hosts that reach no server."""

import os
import subprocess

import pytest

from batou.artifacts import Artifact
from batou.bundle.fetch.desk import NotFetched
from batou.bundle.fetch.subversion import fetch
from batou.lib.svn import Checkout

pytestmark = pytest.mark.needs("svn", "svnadmin")


class Repository:
    """A repository that can go offline, and a working copy of its trunk."""

    def __init__(self, path, copy):
        self.path, self.copy = path, copy
        subprocess.run(["svnadmin", "create", str(path)], check=True)
        self.url = f"file://{path}/trunk"
        self.run("mkdir", "--quiet", "--message", "trunk", self.url)
        self.run("checkout", "--quiet", self.url, str(copy))

    def run(self, *words):
        done = subprocess.run(["svn", *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, **files):
        for name, text in files.items():
            file = self.copy / name
            file.write_text(text)
            self.run("add", "--quiet", "--force", str(file))
        self.run("commit", "--quiet", "--message", "more", str(self.copy))

    def remove(self, name):
        self.run("remove", "--quiet", str(self.copy / name))
        self.commit()


@pytest.fixture
def origin(tmp_path):
    repository = Repository(tmp_path / "origin", tmp_path / "copy")
    repository.commit(readme="one", old="old")
    return repository


@pytest.fixture
def checkout(root, deliver, origin):
    """Deploys a checkout; the repository is offline once the controller has fetched."""

    def checkout(**what):
        component = Checkout(origin.url, target="app", **what)
        root.component.sub_components.clear()
        root.component += component
        deliver()
        offline = f"{origin.path}.offline"
        origin.path.rename(offline)
        try:
            component.deploy()
        finally:
            os.rename(offline, origin.path)
        return component

    return checkout


def names(component):
    return sorted(set(os.listdir(component.target)) - {".svn"})


def test_the_newest_revision_is_followed(checkout, origin):
    first = checkout()
    with open(os.path.join(first.target, "mine"), "w") as file:
        file.write("not under version control")
    origin.commit(readme="two", new="new")
    origin.remove("old")
    second = checkout()
    third = checkout()

    assert [first.changed, second.changed, third.changed] == [True, True, False]
    assert names(third) == ["mine", "new", "readme"]


def test_a_revision(checkout, origin):
    origin.commit(readme="two")

    first, second = checkout(revision=2), checkout(revision="r2")

    assert (first.changed, second.changed) == (True, False)
    with open(os.path.join(second.target, "readme")) as file:
        assert file.read() == "one"


def test_local_changes_are_reverted(checkout):
    first = checkout()
    with open(os.path.join(first.target, "readme"), "w") as file:
        file.write("changed")

    assert checkout().changed
    assert not checkout().changed


def test_a_working_copy_of_another_repository_makes_way(checkout, root, tmp_path):
    other = Repository(tmp_path / "other", tmp_path / "othercopy")
    other.commit(stranger="")
    first = Checkout(other.url, target="app")
    root.component += first
    first.deploy()

    assert names(checkout()) == ["old", "readme"]


def test_what_was_fetched_is_not_fetched_again(desk, origin):
    first = fetch(Artifact("svn", (origin.url, "2"), ""), desk)
    origin.path.rename(f"{origin.path}.offline")

    assert fetch(Artifact("svn", (origin.url, "2"), ""), desk) == first


@pytest.mark.parametrize(
    "url, revision, why",
    [
        ("{origin}", "99", "No such revision 99"),
        ("{origin}/absent", "HEAD", "E200009|non-existent|not all targets"),
        ("file:///absent", "HEAD", "E170013|Unable to|Could not"),
        ("relative", "HEAD", "relative to the host's work directory"),
    ],
)
def test_what_is_not_there_cannot_be_fetched(desk, origin, url, revision, why):
    with pytest.raises(NotFetched, match=why):
        fetch(Artifact("svn", (url.format(origin=origin.url), revision), ""), desk)


def test_externals_are_not_followed(desk, origin):
    origin.run("update", "--quiet", str(origin.copy))
    origin.run("propset", "svn:externals", f"{origin.url} inner", str(origin.copy))
    origin.commit()

    with pytest.raises(NotFetched, match="externals"):
        fetch(Artifact("svn", (origin.url, "HEAD"), ""), desk)
