"""Clones on hosts that reach no server."""

import os
import subprocess

import pytest

from batou.bundle.fetch.desk import NotFetched
from batou.bundle.fetch.git import fetch, resolved
from batou.lib.git import Clone, repository

pytestmark = pytest.mark.needs("git")


class Repository:
    """A repository that can go offline."""

    def __init__(self, path):
        self.path = path
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.url = f"file://{path}"

    def git(self, *words):
        words = ["git", "-c", "protocol.file.allow=always", *words]
        done = subprocess.run(words, cwd=self.path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, name, text):
        (self.path / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", name)
        return self.git("rev-parse", "HEAD")

    def go_offline(self):
        self.path.rename(f"{self.path}.offline")

    def go_online(self):
        os.rename(f"{self.path}.offline", self.path)


@pytest.fixture
def origin(tmp_path):
    repository = Repository(tmp_path / "origin")
    repository.commit("readme", "one")
    return repository


@pytest.fixture
def clone(root, deliver):
    """Deploys a clone; the repositories are offline once the controller has fetched."""

    def clone(*repositories, **what):
        component = Clone(repositories[0].url, target="app", **what)
        root.component.sub_components.clear()
        root.component += component
        deliver()
        for each in repositories:
            each.go_offline()
        try:
            component.deploy()
        finally:
            for each in repositories:
                each.go_online()
        return component

    return clone


def read(component, name):
    with open(os.path.join(component.target, name)) as file:
        return file.read()


def test_a_branch_is_followed(clone, origin):
    first = clone(origin, branch="main")
    origin.commit("readme", "two")
    second = clone(origin, branch="main")
    third = clone(origin, branch="main")

    assert [first.changed, second.changed, third.changed] == [True, True, False]
    assert read(third, "readme") == "two"
    assert third.current_branch() == "main"
    assert third.remote_url() == origin.url


def test_a_branch_that_was_rewritten_is_followed(clone, origin):
    clone(origin, branch="main")
    origin.git("commit", "--quiet", "--amend", "--message", "other")
    second = clone(origin, branch="main")

    assert second.current_revision() == origin.git("rev-parse", "HEAD")


def test_a_revision(clone, origin):
    wanted = origin.commit("readme", "two")
    origin.commit("readme", "three")

    first, second = clone(origin, revision=wanted), clone(origin, revision=wanted)

    assert (first.changed, second.changed) == (True, False)
    assert read(second, "readme") == "two"


def test_a_shortened_revision(clone, origin):
    wanted = origin.commit("readme", "two")

    assert clone(origin, revision=wanted[:10]).current_revision() == wanted


def test_a_revision_that_no_branch_has(clone, origin):
    origin.git("checkout", "--quiet", "--detach")
    wanted = origin.commit("readme", "detached")
    origin.git("update-ref", "refs/pull/1", wanted)
    origin.git("checkout", "--quiet", "main")

    assert read(clone(origin, revision=wanted), "readme") == "detached"


def test_a_tag_with_a_message(clone, origin):
    origin.git("tag", "--annotate", "--message", "out", "1.0")
    origin.commit("readme", "two")

    first, second = clone(origin, tag="1.0"), clone(origin, tag="1.0")

    assert (first.changed, second.changed) == (True, False)
    assert second.current_tag() == "1.0"


def test_from_one_kind_to_another(clone, origin):
    origin.git("tag", "1.0")
    origin.commit("readme", "two")

    texts = [
        read(clone(origin, **what), "readme")
        for what in ({"branch": "main"}, {"tag": "1.0"}, {"branch": "main"})
    ]

    assert texts == ["two", "one", "two"]


def test_submodules_come_along(clone, origin, tmp_path):
    inner, lib = Repository(tmp_path / "inner"), Repository(tmp_path / "lib")
    inner.commit("deep", "1")
    lib.commit("code", "1")
    lib.git("submodule", "--quiet", "add", inner.url, "inner")
    lib.commit("more", "1")
    origin.git("submodule", "--quiet", "add", "../lib", "lib")
    origin.commit("readme", "with lib")
    repositories = (origin, lib, inner)

    first = clone(*repositories, branch="main")
    lib.commit("code", "2")
    origin.git("-C", "lib", "pull", "--quiet", "origin", "main")
    origin.commit("readme", "with newer lib")
    second = clone(*repositories, branch="main")
    third = clone(*repositories, branch="main")

    assert [first.changed, second.changed, third.changed] == [True, True, False]
    assert (read(third, "lib/code"), read(third, "lib/inner/deep")) == ("2", "1")


def test_a_repository_of_the_host_itself_is_asked(root, deliver, origin):
    clone = Clone(origin.url, target="app", branch="main")
    root.component += clone
    deliver()
    last = origin.commit("readme", "newer than what was shipped")

    clone.deploy()

    assert clone.current_revision() == last


# The controller


def artifact(url, kind="branch", name="main"):
    return repository("git", url, kind, name)


def test_what_was_fetched_is_not_fetched_again(desk, origin):
    commit = origin.git("rev-parse", "HEAD")
    first = fetch(artifact(origin.url, "revision", commit), desk)
    origin.go_offline()

    assert fetch(artifact(origin.url, "revision", commit), desk) == first


@pytest.mark.parametrize(
    "kind, name, why",
    [
        ("branch", "absent", "it has no branch 'absent'"),
        ("tag", "absent", "couldn't find remote ref refs/tags/absent"),
        ("revision", "0" * 40, "it has no commit"),
        ("revision", "main", "may move"),
    ],
)
def test_what_is_not_there_cannot_be_fetched(desk, origin, kind, name, why):
    with pytest.raises(NotFetched, match=why):
        fetch(artifact(origin.url, kind, name), desk)


def test_a_server_that_is_not_there(desk, origin):
    origin.go_offline()

    for kind, name in (("branch", "main"), ("revision", "0" * 40), ("tag", "1.0")):
        with pytest.raises(NotFetched, match=r"does not exist|does not appear to be"):
            fetch(artifact(origin.url, kind, name), desk)


def test_a_path_of_the_host_cannot_be_fetched(desk):
    with pytest.raises(NotFetched, match="relative to the host's work directory"):
        fetch(artifact("checkouts/app"), desk)


@pytest.mark.parametrize(
    "url, base, wanted",
    [
        ("https://example.com/lib", "https://example.com/app", "https://example.com/lib"),
        ("../lib.git", "https://example.com/team/app.git", "https://example.com/team/lib.git"),
        ("./lib", "/srv/app/", "/srv/app/lib"),
        ("../../b/lib", "git@example.com:a/app", "git@example.com:b/lib"),
        ("../lib", "example.com:app", "example.com:lib"),
    ],
)
def test_the_url_of_a_submodule_may_be_relative(url, base, wanted):
    assert resolved(url, base) == wanted
