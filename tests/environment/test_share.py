"""A host is given what its part of the model reads, and nothing else."""

import pytest

from batou.environment import Secret
from batou.environment.given import Given, take
from batou.environment.share import share_of
from batou.errors import SecretWithheld
from batou.secrets import SecretBlob

SOURCE = """
class Db(Component):
    password = None
    def configure(self):
        self.provide("db", self.host.data.get("Port", "5432"))
class App(Component):
    password = None
    def configure(self):
        self.require("db")
class Cron(Component):
    token = None
    plain = None
class Files(Component):
    def configure(self):
        self.text = self.environment.secret_files["a.txt"]
class Settings(Component):
    pass
class Reader(Component):
    def configure(self):
        self.key = self.environment.overrides["settings"]["key"]
class Asker(Component):
    def configure(self):
        host = self.environment.get_host("three")
        self.token = self.environment.get_root("cron", host).component.token
class Broken(Component):
    def configure(self):
        1 / 0
"""
BLOB = SecretBlob(
    {
        "db": {"password": "db-pw"},
        "app": {"password": "app-pw"},
        "cron": {"token": "cron-token"},
        "settings": {"key": "setting"},
    },
    {"one": {"key": "one-key"}, "two": {"Port": "77", "key": "two-key"}},
    {"a.txt": "content a", "b.txt": "content b", "c.bin": b"\xff"},
)


@pytest.fixture
def load(project):
    """Configures an environment with secrets; components are given by host."""

    def load(*, rest="", blob=BLOB, **hosts):
        project.component("all", SOURCE)
        project.classes("Idle")
        lines = "\n".join(f"{host} = {components}" for host, components in hosts.items())
        project.environment(f"[hosts]\n{lines}\n{rest}")
        environment = project.load()
        known = {name: data for name, data in blob.host_data.items() if name in hosts}
        environment._merge_secrets(
            SecretBlob(blob.component_overrides, known, blob.secret_files, blob.secret_data)
        )
        assert environment.exceptions == []
        environment.configure()
        return environment

    return load


def test_a_host_gets_overrides_of_its_own_components_and_of_those_it_requires(load):
    environment = load(one="app", two="db", three="cron")

    assert share_of(environment, "one").secret_overrides() == {
        "app": {"password": "app-pw"},
        "db": {"password": "db-pw"},
    }
    assert share_of(environment, "two").secret_overrides() == {"db": {"password": "db-pw"}}
    assert share_of(environment, "three").secret_overrides() == {"cron": {"token": "cron-token"}}
    assert share_of(environment, "two").roots == (("two", "db"),)


def test_of_another_host_only_data_that_its_own_roots_have_read_is_given(load):
    environment = load(one="app", two="db", three="cron")

    assert share_of(environment, "one").secret_data() == {
        "one": {"key": "one-key"},
        "two": {"Port": "77"},
    }
    assert share_of(environment, "three").secret_data() == {}
    assert share_of(environment, "three").withheld.data == {
        "one": ("key",),
        "two": ("Port", "key"),
    }


def test_secret_files_go_to_hosts_whose_components_read_them(load):
    environment = load(one="files", two="db")

    assert share_of(environment, "one").files == {"a.txt": "content a"}
    assert share_of(environment, "one").withheld.files == ("b.txt", "c.bin")
    assert share_of(environment, "two").files == {}


def test_overrides_of_a_component_on_no_host_go_to_those_that_read_them(load):
    environment = load(one="reader", two="db")

    assert share_of(environment, "one").secret_overrides() == {"settings": {"key": "setting"}}
    assert share_of(environment, "two").secret_overrides() == {"db": {"password": "db-pw"}}


def test_whoever_asks_for_a_component_of_another_host_configures_it_too(load):
    environment = load(one="asker", two="db", three="cron")

    share = share_of(environment, "one")

    assert share.roots == (("one", "asker"), ("three", "cron"))
    assert share.secret_overrides() == {"cron": {"token": "cron-token"}}


def test_what_was_read_is_known_although_the_values_are_as_before(load):
    environment = load(one="files", two="reader")

    assert type(environment.secret_files) is dict
    assert type(environment.overrides) is dict
    assert type(environment.hosts["one"].data) is dict
    assert environment.root_components[0]._on_demand is None


def test_when_configuring_died_everybody_is_given_everything(load):
    environment = load(one="broken", two="db")

    share = share_of(environment, "two")

    assert share.roots is None
    assert set(share.secret_overrides()) == {"db", "app", "cron", "settings"}
    assert set(share.files) == {"a.txt", "b.txt", "c.bin"}
    assert share.withheld.files == ()


def test_the_words_of_a_share_are_of_its_own_secrets(load):
    environment = load(one="files", two="db")

    assert share_of(environment, "one").words() == {"content a", "one-key"}
    assert share_of(environment, "two").words() == {"db-pw", "77", "two-key"}


class TestGiven:
    """What a host was not given."""

    @pytest.fixture
    def files(self):
        return Given({"a": "1", "hidden": "x"}, ["hidden"], "the secret file {!r}")

    @pytest.mark.parametrize(
        "asking",
        [
            lambda files: files["hidden"],
            lambda files: files.get("hidden"),
            lambda files: files.pop("hidden"),
            lambda files: list(files.values()),
            lambda files: list(files.items()),
            lambda files: dict(files),
            lambda files: {**files},
            lambda files: files | {},
            lambda files: files.copy(),
        ],
    )
    def test_asking_for_it_says_what_lacks_and_what_to_do(self, files, asking):
        with pytest.raises(SecretWithheld) as raised:
            asking(files)

        assert raised.value.summary() == "this host was not given the secret file 'hidden'"
        assert "configure()" in raised.value.hint()

    def test_the_rest_is_a_dictionary(self, files):
        assert files["a"] == files.get("a") == "1"
        assert files.get("b", 2) == 2
        assert "hidden" in files
        assert "b" not in files
        assert list(files) == list(files.keys()) == ["a", "hidden"]
        assert len(files) == 2
        with pytest.raises(KeyError):
            files["b"]

    def test_what_is_set_here_can_be_read(self, files):
        files["hidden"] = "mine"

        assert files["hidden"] == "mine"
        assert list(files.items()) == [("a", "1"), ("hidden", "mine")]


REQUEST = {
    "overrides": {"app": {"password": "pw", "plain": "x"}},
    "secret_keys": [("app", "password")],
    "host_data": {"one": {"plain": "y"}},
    "secret_host_data": {"one": {"key": "k"}},
    "secret_files": {"a.txt": "a"},
    "secret_data": ["pw"],
    "withheld": {"overrides": ["db"], "data": {"two": ["key"]}, "files": ["b.txt"]},
}


@pytest.fixture
def taken(project):
    project.component("all", SOURCE)
    project.environment(
        "[hosts]\none = app, cron\ntwo = db\n"
        "[component:cron]\nplain = own\n[component:db]\npassword = old"
    )
    environment = project.load()
    take(environment, REQUEST)
    return environment


def test_what_is_taken_is_there_and_secret_where_it_was(taken):
    assert taken.overrides["app"] == {"password": "pw", "plain": "x"}
    assert isinstance(taken.overrides["app"]["password"], Secret)
    assert not isinstance(taken.overrides["app"]["plain"], Secret)
    assert taken.hosts["one"].data == {"plain": "y", "key": "k"}
    assert isinstance(taken.hosts["one"].data["key"], Secret)
    assert taken.secret_data == {"pw"}


def test_plain_overrides_that_are_not_sent_are_those_of_the_file(taken):
    assert taken.overrides["cron"] == {"plain": "own"}


def test_what_is_withheld_raises(taken):
    for asking in (
        lambda: taken.overrides["db"],
        lambda: taken.hosts["two"].data["key"],
        lambda: taken.secret_files["b.txt"],
    ):
        with pytest.raises(SecretWithheld):
            asking()


def test_a_root_whose_overrides_are_withheld_cannot_be_configured_on_demand(taken):
    one = taken.hosts["one"].components["app"]
    taken._is_controller = False

    taken.configure([one, taken.hosts["one"].components["cron"]])

    with pytest.raises(SecretWithheld, match="overrides of component 'db'"):
        taken.hosts["two"].components["db"].component  # asking is what raises
