"""Images are built for what their recipe says, and removed when it says something else."""

import json
import shutil

import pytest

from batou.testing.engine import Engine
from batou.testing.errors import ImageFailed
from batou.testing.images import Images, image_name, stand_in_name
from batou.testing.platforms import containers, platform


@pytest.fixture
def said():
    return []


@pytest.fixture
def images(fake_engine, said):
    return Images(Engine("fake"), said.append)


@pytest.fixture
def project(tmp_path):
    for name in ("ubuntu", "debian"):
        shutil.copytree(containers() / name, tmp_path / "containers" / name)
    return tmp_path


def calls(fake_engine, command):
    lines = (fake_engine / "calls").read_text().splitlines()
    return [words for words in map(json.loads, lines) if words[: len(command)] == command]


def test_without_a_registry_a_stand_in_is_built_and_told(images, fake_engine, said):
    ubuntu = platform("ubuntu")

    found = images.of([ubuntu])

    assert found == {"ubuntu": image_name(ubuntu, stand_in_name(ubuntu))}
    assert "ubuntu: ubuntu:24.04 not fetched: no registry here" in said
    assert said[-1] == "ubuntu: STAND-IN: made from Debian bookworm, not from ubuntu:24.04"
    [build] = calls(fake_engine, ["build"])
    assert f"BASE_IMAGE={stand_in_name(ubuntu)}" in build
    assert "STAND_IN=Debian bookworm" in build
    assert build[build.index("--network") + 1] == "none"


def test_what_is_built_is_not_built_again_but_still_told(images, fake_engine, said):
    images.of([platform("ubuntu")])
    said.clear()

    images.of([platform("ubuntu")])

    assert len(calls(fake_engine, ["build"])) == 1
    assert said == ["ubuntu: STAND-IN: made from Debian bookworm, not from ubuntu:24.04"]


def test_what_is_never_the_real_thing_says_so_with_its_own_base_too(images, fake_engine, said):
    nixos = platform("nixos")
    (fake_engine / "state").write_text(json.dumps({nixos.base: {}}))

    images.of([nixos])

    assert said[-1] == f"nixos: STAND-IN: {nixos.caveat}"


def test_platforms_share_a_base(images, fake_engine):
    found = images.of([platform("ubuntu"), platform("debian")])

    assert sorted(found) == ["debian", "ubuntu"]
    assert len(calls(fake_engine, ["import"])) == 1


def test_a_base_that_is_here_is_used_and_no_registry_asked(images, fake_engine, said):
    ubuntu = platform("ubuntu")
    (fake_engine / "state").write_text(json.dumps({ubuntu.base: {}}))

    found = images.of([ubuntu])

    assert found == {"ubuntu": image_name(ubuntu, ubuntu.base)}
    assert calls(fake_engine, ["pull"]) == []
    assert not any("STAND-IN" in line for line in said)
    [build] = calls(fake_engine, ["build"])
    assert "STAND_IN=" in build


def test_no_registry_is_asked_if_that_is_said(images, fake_engine, said, monkeypatch):
    monkeypatch.setenv("BATOU_STAND_IN", "1")

    images.of([platform("ubuntu")])

    assert calls(fake_engine, ["pull"]) == []
    assert "ubuntu: ubuntu:24.04 not fetched: BATOU_STAND_IN is set" in said


def test_without_registry_and_tools_it_is_told_what_to_do(images, fake_engine, monkeypatch):
    monkeypatch.setattr("batou.testing.images.TOOLS", ("no-such-tool",))

    with pytest.raises(ImageFailed) as caught:
        images.of([platform("ubuntu")])

    assert "no registry here" in caught.value.rows()[0][1]
    assert caught.value.hint() == "reach a registry, or install no-such-tool to make a base"


def test_a_recipe_that_changes_makes_another_image(images, fake_engine, project):
    before = images.of([platform("ubuntu", project)])
    with open(project / "containers" / "ubuntu" / "Containerfile", "a") as file:
        file.write("RUN true\n")

    after = images.of([platform("ubuntu", project)])

    assert before != after
    assert [image.name for image in images.all()] == sorted([*before.values(), *after.values()])


def test_prune_removes_what_no_recipe_makes(images, fake_engine, project):
    images.of([platform("ubuntu", project), platform("debian", project)])
    [old] = images.of([platform("ubuntu", project)]).values()
    with open(project / "containers" / "ubuntu" / "Containerfile", "a") as file:
        file.write("RUN true\n")
    images.of([platform("ubuntu", project)])

    gone = images.prune([])

    assert gone == [old]  # the base and debian are current for the folder of the project


def test_prune_removes_bases_with_their_last_image(images, fake_engine, project):
    images.of([platform("ubuntu", project)])
    base = stand_in_name(platform("ubuntu", project))
    shutil.rmtree(project / "containers")

    gone = images.prune([platform("debian")])

    assert gone[-1] == base
    assert len(gone) == 2
    assert images.all() == []
