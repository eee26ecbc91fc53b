"""Secrets that are made up."""

import textwrap

import pyrage
import pytest

from batou.component import Attribute
from batou.environment import Environment
from batou.net import Address
from batou.secrets import agefile, diffable
from batou.secrets.fake import clear_size, fake_file, fake_secrets, fake_text

CODE = """
from batou.component import Attribute, Component
class App(Component):
    password = Attribute(str)
    port = Attribute(int)
    key = Attribute(str)
    debug = Attribute(bool, False)
"""
SECRETS = """\
[batou]
members = anna
[app]
password = a good password
port = 5432
key = {key}
[host:web]
data-token = 12345
"""


@pytest.fixture(scope="module")
def seal():
    """Encrypts for somebody who is not here."""
    stranger = pyrage.x25519.Identity.generate().to_public()
    return lambda data: pyrage.encrypt(data, [stranger])


@pytest.fixture
def environment(tmp_path, seal):
    """A function that loads an environment with secrets of a kind that nobody can read."""

    def load(kind):
        place = tmp_path / "environments" / "prod"
        place.mkdir(parents=True)
        (tmp_path / "components" / "app").mkdir(parents=True)
        (tmp_path / "components" / "app" / "component.py").write_text(textwrap.dedent(CODE))
        (place / "environment.cfg").write_text("[hosts]\nweb = app\n")
        text = SECRETS.format(key="\n    ".join(["-----BEGIN KEY-----", *["x" * 64] * 4]))
        if kind == "age-diffable":
            (place / "secrets.cfg.age-diffable").write_text(diffable.encrypt(text, seal, "s"))
        else:
            (place / f"secrets.cfg.{kind}").write_bytes(seal(text.encode()))
        suffix = ".gpg" if kind == "gpg" else ".age"
        (place / f"secret-server.pem{suffix}").write_bytes(seal(b"x" * 900))
        (place / f"secret-settings.json{suffix}").write_bytes(seal(b"{}"))
        loaded = Environment("prod", basedir=tmp_path)
        loaded.load()
        assert loaded.exceptions == []
        return loaded

    return load


def test_each_key_has_a_value_of_its_shape(environment):
    blob = fake_secrets(environment("age-diffable"))

    values = blob.component_overrides["app"]
    assert values["password"].startswith("fake-")
    assert len(values["password"]) == len("a good password")
    assert len(str(int(values["port"]))) == 4
    assert len(values["key"].splitlines()) > 3
    assert len(str(int(blob.host_data["web"]["token"]))) == 5


@pytest.mark.parametrize("kind", ["age", "gpg"])
def test_where_keys_are_hidden_attributes_without_value_get_one(environment, kind):
    values = fake_secrets(environment(kind)).component_overrides["app"]

    assert set(values) == {"password", "port", "key"}
    assert int(values["port"])


def test_files_are_there_too(environment):
    files = fake_secrets(environment("age")).secret_files

    assert files["settings.json"] == "{}\n"
    assert files["server.pem"].startswith("-----BEGIN FAKE KEY-----\n")


def test_they_fit_the_model_and_are_the_same_each_time(environment, tmp_path):
    loaded = environment("age-diffable")

    loaded._merge_secrets(fake_secrets(loaded))

    assert loaded.configure() == []
    assert fake_secrets(loaded) == fake_secrets(loaded)


def test_without_secrets_there_is_nothing_to_make_up(environment, tmp_path):
    loaded = environment("age")
    for path in (tmp_path / "environments" / "prod").glob("secret*"):
        path.unlink()

    assert fake_secrets(loaded).component_overrides == {}


@pytest.mark.parametrize("conversion", [int, float, bool, str, "list", "literal", Address])
def test_text_fits_the_attribute(conversion):
    attribute = Attribute(conversion)

    attribute._convert(fake_text("a/b/c", 24, attribute))


def test_a_conversion_that_nothing_fits_does_not_stop_it():
    assert fake_text("a", 9, Attribute({"one": 1}.__getitem__)) == ""


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 200_000])
def test_an_age_file_tells_how_long_its_text_is(seal, size):
    assert agefile.clear_size(seal(b"x" * size)) == size


@pytest.mark.parametrize("content", [b"", b"\x85\x02gpg", b"age-encryption.org/v1\n--- x\n"])
def test_what_does_not_tell_is_taken_for_usual(content):
    assert clear_size(content) == 24


def test_a_file_of_any_name_has_a_line():
    assert fake_file("prod/token", "token", 30).endswith("\n")
