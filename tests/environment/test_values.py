"""What environment.cfg and secrets say about components and hosts, and how names resolve."""

from types import SimpleNamespace

import pytest

from batou.environment import Secret
from batou.errors import (
    DuplicateOverride,
    InvalidIPAddressError,
    SuperfluousComponentSection,
    SuperfluousSecretsSection,
    UnknownHostSecretsSection,
)
from batou.net import resolve, resolve_v6, settings


@pytest.fixture
def environment(project):
    project.component(
        "app", "class App(Component):\n    port = Attribute(int, 80)\n    name = ''\n"
    )
    project.environment("[hosts]\nweb = app\n[component:app]\nport = 8080\n")
    return project.load()


def blob(overrides=(), hosts=(), files=(), data=(), **kw):
    return SimpleNamespace(
        component_overrides=dict(overrides),
        host_data=dict(hosts),
        secret_files=dict(files),
        secret_data=set(data),
        **kw,
    )


class TestOverrides:
    def test_they_are_read_and_reach_the_component(self, environment):
        assert environment.overrides == {"app": {"port": "8080"}}

        assert environment.configure() == []
        assert environment.root_components[0].component.port == 8080
        assert environment.root_components[0].overrides == {"port": "8080"}

    def test_they_know_where_they_stand(self, environment):
        place = environment._override_locations["app", "port"]

        assert str(place) == "environments/dev/environment.cfg:4"

    def test_those_for_unknown_components_are_collected(self, project):
        project.classes("App")
        project.environment("[component:apps]\nport = 1\n")
        [error] = project.load().exceptions

        assert isinstance(error, SuperfluousComponentSection)
        assert error.component_name == "apps"

    def test_those_of_unassigned_components_are_plain_data(self, project):
        project.classes("App", "Settings")
        project.environment("[hosts]\nweb = app\n[component:settings]\nproject = x\n")
        environment = project.load()

        assert environment.exceptions == []
        assert environment.overrides["settings"]["project"] == "x"
        assert environment.configure() == []


class TestSecrets:
    def test_they_are_merged(self, environment):
        environment._merge_secrets(
            blob(
                {"app": {"name": "hunter2"}},
                {"web": {"token": "t0ken", "plain": "p1ain"}},
                {"x.yaml": "content"},
                {"hunter2", "content"},
            )
        )

        assert environment.exceptions == []
        assert environment.overrides == {"app": {"port": "8080", "name": "hunter2"}}
        assert environment.hosts["web"].data == {"token": "t0ken", "plain": "p1ain"}
        assert environment.secret_files == {"x.yaml": "content"}

    def test_words_to_hide_include_data_of_hosts(self, environment):
        environment._merge_secrets(blob(hosts={"web": {"token": " t0ken "}}, data={"word"}))

        assert environment.secret_data == {"t0ken", "word"}

    def test_they_do_not_show_themselves(self, environment):
        environment._merge_secrets(blob({"app": {"name": "hunter2"}}, {"web": {"token": "t0ken"}}))

        assert "hunter2" not in repr(environment.overrides)
        assert "t0ken" not in repr(environment.hosts["web"].data)
        assert isinstance(environment.overrides["app"]["name"], Secret)

    def test_the_environment_wins_over_a_secret_of_the_same_name(self, environment):
        environment._merge_secrets(blob({"app": {"port": "1"}}))
        [error] = environment.exceptions

        assert isinstance(error, DuplicateOverride)
        assert (error.component_name, error.attribute) == ("app", "port")
        assert environment.overrides["app"]["port"] == "8080"

    def test_those_of_unknown_components_are_collected_and_kept(self, environment):
        locations = {("apps", ""): "secrets.cfg.age:7"}
        environment._merge_secrets(blob({"apps": {"x": "1"}}, locations=locations))
        [error] = environment.exceptions

        assert isinstance(error, SuperfluousSecretsSection)
        assert (error.location.path, error.location.line) == ("secrets.cfg.age", 7)
        assert environment.overrides["apps"] == {"x": "1"}

    def test_those_of_unknown_hosts_are_collected(self, environment):
        locations = {("host:wbe", ""): "secrets.cfg.age:9"}
        environment._merge_secrets(blob(hosts={"wbe": {"x": "1"}}, locations=locations))
        [error] = environment.exceptions

        assert isinstance(error, UnknownHostSecretsSection)
        assert error.hostname == "wbe"
        assert (error.location.path, error.location.line) == ("secrets.cfg.age", 9)

    def test_those_of_a_renamed_host_reach_it(self, environment):
        environment.hostname_mapping["configured"] = "web"
        environment._merge_secrets(blob(hosts={"configured": {"x": "1"}}))

        assert environment.hosts["web"].data == {"x": "1"}

    def test_host_data_of_secrets_wins(self, environment):
        environment.hosts["web"].data["x"] = "old"
        environment._merge_secrets(blob(hosts={"web": {"x": "new"}}))

        assert environment.hosts["web"].data == {"x": "new"}

    def test_where_they_stand_is_known_if_the_provider_knows(self, environment):
        locations = {("app", "name"): "secrets.cfg:3"}
        environment._merge_secrets(blob({"app": {"name": "hunter2"}}, locations=locations))

        place = environment._override_locations["app", "name"]
        assert (place.path, place.line) == ("secrets.cfg", 3)

    def test_an_environment_without_secrets_needs_no_provider(self, environment):
        environment.load_secrets()

        assert environment.secret_data == set()


class TestSecret:
    def test_it_is_text_that_hides_in_its_repr(self):
        secret = Secret("hunter2")

        assert secret == "hunter2"
        assert repr(secret) == repr([secret])[1:-1] == "<secret>"
        assert f"{secret}" == str(secret) == "hunter2"


class TestResolver:
    def load(self, project, text):
        project.environment(f"[resolver]\n{text}")
        return project.load()

    def test_addresses_are_sorted_by_family(self, project):
        environment = self.load(project, "www =\n  192.0.2.1\n  2001:db8::1\ndb = 192.0.2.2\n")

        assert environment.exceptions == []
        assert resolve("www") == "192.0.2.1"
        assert resolve_v6("www") == "2001:db8::1"
        assert resolve("db") == "192.0.2.2"

    def test_of_several_addresses_the_last_one_counts(self, project):
        self.load(project, "www =\n  192.0.2.1\n  192.0.2.2\n")

        assert resolve("www") == "192.0.2.2"

    def test_an_ipv4_address_in_an_ipv6_one_is_an_ipv6_address(self, project):
        self.load(project, "www = ::ffff:192.0.2.1\n")

        assert settings().resolve_v6_override == {"www": "::ffff:192.0.2.1"}
        assert settings().resolve_override == {}

    @pytest.mark.parametrize("text", ["example", "1.2.3", "1.2.3.4.5", "300.1.1.1", "g::1"])
    def test_what_is_no_address_is_collected(self, project, text):
        [error] = self.load(project, f"www =\n  192.0.2.1\n  {text}\n").exceptions

        assert isinstance(error, InvalidIPAddressError)
        assert error.address == text
        assert resolve("www") == "192.0.2.1"
