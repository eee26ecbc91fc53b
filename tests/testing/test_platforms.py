"""What a platform is, as its folder says."""

import re
import shutil

import pytest

from batou.testing.errors import InvalidPlatform, UnknownPlatform
from batou.testing.platforms import containers, folders, platform

OURS = sorted(folders())


@pytest.fixture
def project(tmp_path):
    """A project with a copy of our ubuntu."""
    shutil.copytree(containers() / "ubuntu", tmp_path / "containers" / "ubuntu")
    return tmp_path


def test_ubuntu_and_debian_come_with_batou():
    assert {"ubuntu", "debian"} <= set(OURS)
    assert "base" not in OURS


@pytest.mark.parametrize("name", OURS)
def test_a_platform_of_ours_is_as_it_has_to_be(name):
    found = platform(name)

    assert found.entry
    assert found.sshd
    assert "Containerfile" in found.recipe()
    assert "base/make-base" in found.recipe()


@pytest.mark.parametrize("name", OURS)
def test_the_recipe_has_the_base_that_the_platform_names_pinned_by_digest(name):
    found = platform(name)

    recipe = found.recipe()["Containerfile"].read_text()

    assert f"ARG BASE_IMAGE={found.base}\n" in recipe
    assert re.search(r"@sha256:[0-9a-f]{64}$", found.base)


@pytest.mark.parametrize("name", OURS)
def test_a_recipe_needs_no_buildkit(name):
    recipe = platform(name).recipe()["Containerfile"].read_text()

    assert not re.search(r"--mount|<<|^# *syntax", recipe, re.M)


def test_the_platform_of_the_project_wins(project):
    assert platform("ubuntu", project).folder == project / "containers" / "ubuntu"
    assert platform("debian", project).folder == containers() / "debian"


def test_an_unknown_platform_is_told_with_those_that_are():
    with pytest.raises(UnknownPlatform) as caught:
        platform("ubunto")

    assert caught.value.summary() == "there is no image for the platform 'ubunto'"
    assert "did you mean 'ubuntu'?" in caught.value.hint()


@pytest.mark.parametrize(
    "before, after, what",
    [
        ('name = "ubuntu"', 'name = "debian"', "the name is 'debian', its folder's is not"),
        ('name = "ubuntu"', 'nam = "ubuntu"', "unknown key 'nam'"),
        ('init = "systemd"', "init = 1", "'init' must be a text"),
        ('sshd = ["/usr/sbin/sshd"]', 'sshd = "sshd"', "'sshd' must be a list of texts"),
        ("[stand_in]", "[stand_in", "Expected"),
        ('suite = "bookworm"', 'suit = "bookworm"', "unknown key 'suit'"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_its_name(project, before, after, what):
    path = project / "containers" / "ubuntu" / "platform.toml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))

    with pytest.raises(InvalidPlatform) as caught:
        platform("ubuntu", project)

    assert str(path) in str(caught.value)
    assert what in str(caught.value)


def test_the_digest_is_that_of_content_mode_and_base(project):
    def digest(base="a"):
        return platform("ubuntu", project).digest(base)

    file = project / "containers" / "ubuntu" / "Containerfile"
    digests = [digest(), digest("b")]
    file.chmod(0o755)
    digests.append(digest())
    file.write_text(file.read_text() + "RUN true\n")
    digests.append(digest())

    assert len(set(digests)) == 4
    assert digest() == digests[-1]
