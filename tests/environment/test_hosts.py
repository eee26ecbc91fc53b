"""``[hosts]`` and ``[host:…]``: which components go where."""

import json

import pytest

from batou.environment import parse_host_components
from batou.errors import (
    ConfigurationError,
    DuplicateHostError,
    DuplicateHostMapping,
    InvalidFile,
    InvalidSetting,
    MissingComponent,
    MissingSetting,
)


@pytest.mark.parametrize(
    "assigned, parsed",
    [
        ([], {}),
        (["a"], {"a": ([], False)}),
        (["a:x"], {"a": (["x"], False)}),
        (["a:x", "a:y"], {"a": (["x", "y"], False)}),
        (["!a"], {"a": ([], True)}),
        (["!a:x", "a:y"], {"a": (["x", "y"], True)}),
        (["a", "!a"], {"a": ([], True)}),
        (["a:x:y"], {"a": (["x:y"], False)}),
        ([" a : x "], {"a": (["x"], False)}),
    ],
)
def test_assignments_are_parsed(assigned, parsed):
    expected = {name: {"features": f, "ignore": i} for name, (f, i) in parsed.items()}

    assert parse_host_components(assigned) == expected


@pytest.fixture
def load(project):
    """Loads an environment with components a, b and c."""
    project.classes("A", "B", "C")

    def load(text):
        project.environment(text)
        return project.load()

    return load


def assigned(environment, host):
    roots = environment.hosts[host].components.values()
    return {root.name: (root.features, root.ignore) for root in roots}


def test_hosts_in_one_section(load):
    environment = load("[hosts]\none = a, b:x, !c\n!two =\n  a\n  b\n")

    assert environment.exceptions == []
    assert assigned(environment, "one") == {
        "a": ([], False),
        "b": (["x"], False),
        "c": ([], True),
    }
    assert assigned(environment, "two") == {"a": ([], False), "b": ([], False)}
    assert [h.ignore for h in environment.hosts.values()] == [False, True]


def test_hosts_in_sections_of_their_own(load):
    environment = load(
        """
        [environment]
        platform = debian
        service_user = app
        [host:one]
        components = a, b
        platform = nixos
        service_user = dba
        require_sudo = True
        ignore = True
        data-roles =
            db
            backup
        data-data-x = y
        provision-aliases = www
            mail
        [host:two]
        components =
            a
            !b
        """
    )

    assert environment.exceptions == []
    one, two = environment.hosts.values()
    assert (one.platform, one.service_user, one.require_sudo) == ("nixos", "dba", True)
    assert one.ignore is True
    assert one.data == {"roles": "\ndb\nbackup", "data-x": "y"}
    assert one._aliases == ["www", "mail"]
    assert (two.platform, two.service_user, two.require_sudo) == ("debian", "app", None)
    assert (two.ignore, two.data) == (False, {})
    assert assigned(environment, "two") == {"a": ([], False), "b": ([], True)}


def test_both_ways_can_be_mixed(load):
    environment = load("[hosts]\none = a\n[host:two]\ncomponents = b\n")

    assert list(environment.hosts) == ["one", "two"]
    assert environment.exceptions == []


def test_a_host_defined_twice_is_collected(load):
    for text in ("[hosts]\none = a\n[host:one]\ncomponents = b\n", "[hosts]\none = a\n!one = b\n"):
        environment = load(text)
        [error] = environment.exceptions

        assert isinstance(error, DuplicateHostError)
        assert error.affected_hostname == "one"
        assert str(error.first) == "environments/dev/environment.cfg:2"
        assert assigned(environment, "one") == {"a": ([], False)}


def test_a_host_without_the_key_components_is_collected(load):
    [error] = load("[host:one]\nplatform = nixos\n").exceptions

    assert isinstance(error, MissingSetting)
    assert (error.section, error.key) == ("host:one", "components")


def test_a_host_may_have_no_components(load):
    environment = load("[hosts]\none =\n[host:two]\ncomponents =\n")

    assert environment.exceptions == []
    assert list(environment.hosts) == ["one", "two"]


@pytest.mark.parametrize(
    "components, name", [("a, nope", "nope"), ("C", "C"), ("a,", ""), ("a, b\n  c", "b\nc")]
)
def test_an_unknown_component_is_collected(load, components, name):
    [error] = load(f"[hosts]\none = {components}\n").exceptions

    assert isinstance(error, MissingComponent)
    assert (error.component_name, error.affected_hostname) == (name, "one")
    assert error.hint()


def test_values_that_cannot_be_understood_are_collected(load):
    environment = load("[host:one]\ncomponents = a\nignore = 2\nrequire_sudo = x\n")

    assert [type(error) for error in environment.exceptions] == [InvalidSetting] * 2
    assert assigned(environment, "one") == {"a": ([], False)}


@pytest.mark.parametrize("word, value", [("False", False), ("True", True), ("no", False)])
def test_words_for_true_and_false(load, word, value):
    host = load(f"[host:one]\ncomponents = a\nrequire_sudo = {word}\n").hosts["one"]

    assert host.require_sudo is value


def test_sudo_of_the_environment_is_the_default_of_hosts(load):
    environment = load(
        "[environment]\nrequire_sudo = False\n[hosts]\none = a\n"
        "[host:two]\ncomponents = a\nrequire_sudo = True\n"
    )

    assert [h.require_sudo for h in environment.hosts.values()] == [False, True]


def test_host_names_and_options_keep_their_case(load):
    environment = load("[host:One]\ncomponents = a\ndata-camelCase = x\n")

    assert environment.hosts["One"].data == {"camelCase": "x"}


class TestAsking:
    @pytest.fixture
    def environment(self, load):
        return load("[hosts]\none = a, b\ntwo = b\n")

    def test_hosts_are_found_by_name(self, environment):
        assert environment.get_host("one") is environment.hosts["one"]
        with pytest.raises(KeyError):
            environment.get_host("three")

    def test_hosts_are_found_by_the_name_they_were_configured_with(self, environment):
        environment.hostname_mapping["configured"] = "one"

        assert environment.get_host("configured") is environment.hosts["one"]

    def test_roots_are_found_by_component_and_host(self, environment):
        two = environment.hosts["two"]

        assert environment.get_root("b", two).host is two
        with pytest.raises(KeyError, match="component 'a' is not assigned to host 'two'"):
            environment.get_root("a", two)

    def test_components_of_a_host(self, environment):
        one = environment.hosts["one"]

        assert environment.components_for(one) == one.components
        assert list(one.components) == ["a", "b"]

    def test_roots_can_be_added(self, environment):
        two = environment.hosts["two"]
        root = environment.add_root("c", two, features=("x",), ignore=True)

        assert root in environment.root_components
        assert two.components["c"] is root
        assert (root.features, root.ignore) == (["x"], True)
        assert root.workdir == f"{environment.workdir_base}/c"
        assert root.defdir == f"{environment.base_dir}/components/c"
        with pytest.raises(KeyError):
            environment.add_root("nope", two)


class Provisioner:
    """As plugins write them."""

    rebuild = False

    def __init__(self, name):
        self.name = name
        self.configured = []

    def suggest_name(self, name):
        return f"{name}-a1b2"

    def configure_host(self, host, config):
        self.configured.append((host._name, dict(config)))
        host.aliases["www"] = "www.example.net"


class TestProvisioners:
    @pytest.fixture
    def load_with(self, project, monkeypatch):
        """Loads an environment that has provisioners of these names."""
        project.classes("A")

        def load_with(text, *names, is_controller=True, mapping=None):
            from batou.environment import Environment

            project.environment(text)
            environment = Environment("dev", basedir=project.base)
            environment._is_controller = environment._keeps_host_map = is_controller
            environment.hostname_mapping.update(mapping or {})
            environment.provisioners.update({name: Provisioner(name) for name in names})
            environment.load()
            return environment

        return load_with

    TEXT = "[host:web]\ncomponents = a\nprovisioner = {}\nprovision-dynamic-hostname = {}\n"

    def test_a_host_has_the_one_it_names(self, load_with):
        environment = load_with(self.TEXT.format("vm", False), "vm", "default")
        host = environment.hosts["web"]

        assert host.provisioner is environment.provisioners["vm"]
        assert host.aliases.www == "www.example.net"
        assert host.provisioner.configured[0][0] == "web"

    def test_the_default_one_is_used_where_there_is_one(self, load_with):
        environment = load_with("[hosts]\nweb = a\n", "default")
        assert environment.hosts["web"].provisioner is environment.provisioners["default"]

        assert load_with("[hosts]\nweb = a\n").hosts["web"].provisioner is None

    def test_none_switches_it_off(self, load_with):
        environment = load_with(self.TEXT.format("none", False), "default")

        assert environment.hosts["web"].provisioner is None

    def test_an_unknown_one_is_collected(self, load_with):
        [error] = load_with(self.TEXT.format("mv", False), "vm").exceptions

        assert isinstance(error, ConfigurationError)
        assert "'mv'" in str(error)
        assert error.location.line == 3

    def test_on_a_host_there_are_none_and_none_is_missed(self, load_with):
        environment = load_with(
            self.TEXT.format("vm", True), is_controller=False, mapping={"web": "web-a1b2"}
        )

        assert environment.exceptions == []
        assert list(environment.hosts) == ["web-a1b2"]

    def test_it_may_choose_the_name(self, load_with, project):
        environment = load_with(self.TEXT.format("vm", True), "vm")

        assert environment.hosts["web-a1b2"].name == "web-a1b2"
        assert environment.get_host("web").name == "web-a1b2"
        written = (project.base / "environments/dev/hostmap.json").read_text()
        assert json.loads(written) == {"web": "web-a1b2"}

    def test_a_chosen_name_stays(self, load_with, project):
        project.write("environments/dev/hostmap.json", '{"web": "web-old"}')
        environment = load_with(self.TEXT.format("vm", True), "vm")

        assert list(environment.hosts) == ["web-old"]

    def test_without_chosen_names_the_map_is_removed(self, load_with, project):
        path = project.write("environments/dev/hostmap.json", '{"web": "web-old"}')
        environment = load_with("[hosts]\nweb = a\n")

        assert list(environment.hosts) == ["web"]
        assert not path.exists()

    def test_on_a_host_the_map_is_left_alone(self, load_with, project):
        path = project.write("environments/dev/hostmap.json", '{"web": "web-old"}')
        load_with("[hosts]\nweb = a\n", is_controller=False)

        assert path.exists()

    def test_without_a_provisioner_nobody_can_choose(self, load_with):
        text = "[host:web]\ncomponents = a\nprovision-dynamic-hostname = True\n"
        [error] = load_with(text).exceptions

        assert "has no provisioner to choose it" in str(error)

    def test_a_contradictory_map_is_collected(self, load_with, project):
        project.write("environments/dev/hostmap.json", '{"web": "x", "web": "y"}')
        environment = load_with(self.TEXT.format("vm", True), "vm")

        [error] = environment.exceptions
        assert isinstance(error, DuplicateHostMapping)
        assert (error.affected_hostname, error.a, error.b) == ("web", "x", "y")

    @pytest.mark.parametrize("text", ["", "[]", '["a"]', "[[1, 2]]", '{"a": 1}', '{"a": {}}', "5"])
    def test_a_broken_map_is_raised(self, load_with, project, text):
        project.write("environments/dev/hostmap.json", text)

        with pytest.raises(InvalidFile, match=r"environments/dev/hostmap\.json"):
            load_with("[hosts]\nweb = a\n")

    def test_sections_name_their_method(self, project):
        project.environment("[provisioner:x]\n[provisioner:y]\nmethod = nonexistent\n")
        first, second = project.load().exceptions

        assert isinstance(first, MissingSetting)
        assert "'nonexistent'" in str(second)
