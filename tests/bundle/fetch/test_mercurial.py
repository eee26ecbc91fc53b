"""Mercurial's clones on hosts that reach no server."""

import os
import subprocess

import pytest

from batou.bundle.fetch.desk import NotFetched
from batou.bundle.fetch.mercurial import fetch
from batou.lib.git import repository
from batou.lib.mercurial import Clone

pytestmark = pytest.mark.needs("hg")


class Repository:
    """A repository that can go offline."""

    def __init__(self, path):
        self.path = path
        path.mkdir()
        self.hg("init")
        self.url = f"file://{path}"

    def hg(self, *words):
        done = subprocess.run(["hg", *words], cwd=self.path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, name, text):
        (self.path / name).write_text(text)
        self.hg("commit", "--quiet", "--addremove", "--message", name)
        return self.hg("log", "--rev=.", "--template={node}")


@pytest.fixture
def origin(tmp_path):
    repository = Repository(tmp_path / "origin")
    repository.commit("readme", "one")
    return repository


@pytest.fixture
def clone(root, deliver, origin):
    """Deploys a clone; the repository is offline once the controller has fetched."""

    def clone(**what):
        component = Clone(origin.url, target="app", **what)
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

    return clone


def test_a_branch_is_followed(clone, origin):
    first = clone(branch="default")
    last = origin.commit("readme", "two")
    second = clone(branch="default")
    third = clone(branch="default")

    assert [first.changed, second.changed, third.changed] == [True, True, False]
    assert third.current_revision() == last
    assert third.remote_url() == origin.url


def test_a_revision(clone, origin):
    wanted = origin.commit("readme", "two")
    origin.commit("readme", "three")

    first, second = clone(revision=wanted[:12]), clone(revision=wanted[:12])

    assert (first.changed, second.changed) == (True, False)
    assert second.current_revision() == wanted


def test_from_a_revision_to_a_newer_one(clone, origin):
    clone(revision=origin.commit("readme", "two"))
    newer = origin.commit("readme", "three")

    assert clone(revision=newer).current_revision() == newer


def test_what_was_fetched_is_not_fetched_again(desk, origin):
    wanted = repository("hg", origin.url, "revision", origin.commit("a", ""))
    first = fetch(wanted, desk)
    origin.path.rename(f"{origin.path}.offline")

    assert fetch(wanted, desk) == first


@pytest.mark.parametrize(
    "url, kind, name, why",
    [
        ("{origin}", "branch", "absent", "unknown revision 'absent'"),
        ("{origin}", "revision", "0123456789ab", "unknown revision '0123456789ab'"),
        ("{origin}", "revision", "default", "may move"),
        ("{origin}.absent", "branch", "default", "not found"),
        ("relative", "branch", "default", "relative to the host's work directory"),
    ],
)
def test_what_is_not_there_cannot_be_fetched(desk, origin, url, kind, name, why):
    wanted = repository("hg", url.format(origin=origin.url), kind, name)

    with pytest.raises(NotFetched, match=why):
        fetch(wanted, desk)
