"""Which hosts take part, and what stands for them."""

import textwrap

import pytest

from batou.deploy.load import Aborted
from batou.errors import ConfigurationError
from batou.testing.trial.casting import Part, cast
from batou.testing.trial.stage import Stage, StagedHost, repository_root
from batou.testing.trial.wish import Wish

IMAGES = ["debian", "nixos", "ubuntu"]


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """A function that loads an environment as a trial does."""
    monkeypatch.chdir(tmp_path)

    def load(text, **wish):
        (tmp_path / "components/app").mkdir(parents=True)
        code = "from batou.component import Component\nclass App(Component): pass\n"
        (tmp_path / "components/app/component.py").write_text(code)
        (tmp_path / "environments/prod").mkdir(parents=True)
        file = tmp_path / "environments/prod/environment.cfg"
        file.write_text(textwrap.dedent(text))
        return Wish("prod", **wish).load()

    return load


TWO = """
    [environment]
    host_domain = example.com
    platform = ubuntu
    service_user = deploy
    [host:web]
    components = app
    provision-aliases = www
    [host:db]
    components = app
    platform = nixos
    """


def test_hosts_have_their_platform_user_and_names(environment):
    loaded = environment(TWO)

    parts = cast(loaded, Wish("prod").selection, None, IMAGES)

    aliases = ("web.example.com", "www", "www.example.com")
    assert parts[0] == Part("web", aliases, "ubuntu", "ubuntu", "deploy")
    assert [part.platform for part in parts] == ["ubuntu", "nixos"]


def test_a_platform_without_image_has_a_stand_in(environment):
    loaded = environment("[hosts]\nweb = app\n[environment]\nplatform = gentoo\n")

    [part] = cast(loaded, Wish("prod").selection, None, IMAGES)

    assert (part.platform, part.image, part.is_stand_in) == ("gentoo", "debian", True)


def test_a_platform_chooses_the_hosts_that_have_it_or_none(environment):
    loaded = environment("[host:web]\ncomponents = app\n[host:db]\ncomponents = app\n"
                         "platform = nixos\n", platform="ubuntu")  # fmt: skip

    [part] = cast(loaded, Wish("prod").selection, "ubuntu", IMAGES)

    assert (part.host, part.image) == ("web", "ubuntu")


def test_a_platform_without_image_cannot_be_asked_for(environment):
    loaded = environment(TWO)

    with pytest.raises(ConfigurationError, match="no image for the platform 'plan9'"):
        cast(loaded, Wish("prod").selection, "plan9", IMAGES)


def test_a_platform_that_no_host_has_is_told_with_those_they_have(environment):
    loaded = environment(TWO)

    with pytest.raises(ConfigurationError, match="no host of the platform 'debian'") as caught:
        cast(loaded, Wish("prod").selection, "debian", IMAGES)

    assert "web (ubuntu), db (nixos)" in str(caught.value.hint())


def test_ignored_hosts_have_no_container(environment):
    loaded = environment("[hosts]\nweb = app\n!db = app\n")

    parts = cast(loaded, Wish("prod").selection, None, IMAGES)

    assert [part.host for part in parts] == ["web"]


def test_an_unknown_host_is_an_error(environment):
    with pytest.raises(Aborted) as caught:
        environment(TWO, hosts=("wbe",))

    assert "did you mean 'web'?" in str(caught.value.errors[0])


def test_this_machine_as_host_is_tried_in_a_container_too(environment):
    loaded = environment("[environment]\nconnect_method = local\n[hosts]\nlocalhost = app\n")

    [part] = cast(loaded, Wish("prod").selection, None, IMAGES)

    assert (part.host, part.aliases) == ("localhost", ())
    assert loaded.target_directory == "~/deployment"


def test_a_repository_is_deployed_from_its_root_as_git_methods_do(environment, tmp_path):
    (tmp_path.parent / ".git").mkdir(exist_ok=True)
    loaded = environment("[environment]\nupdate_method = git-bundle\n[hosts]\nweb = app\n")

    assert repository_root(loaded) == ".."
    (tmp_path.parent / ".git").rmdir()


def test_a_stage_is_read_as_it_was_written(tmp_path):
    host = StagedHost("web", "c1", "10.0.0.2", "ubuntu", "ubuntu", "app")
    stage = Stage("dev", "docker", (host,), "1234", has_fake_secrets=True)

    stage.write(tmp_path / "deep" / "stage.json")

    assert Stage.read(tmp_path / "deep" / "stage.json") == stage


@pytest.mark.parametrize("text", ["", "[]", '{"hosts": []}', '{"hosts": [{}]}'])
def test_another_file_is_no_stage(tmp_path, text):
    (tmp_path / "stage.json").write_text(text)

    with pytest.raises(ValueError):
        Stage.read(tmp_path / "stage.json")
