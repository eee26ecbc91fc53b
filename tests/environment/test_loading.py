"""Loading an environment: what is raised, what is collected, what the defaults are."""

import pytest

from batou.environment import Environment, Host, LocalHost, RemoteHost, UnknownEnvironmentError
from batou.errors import (
    ComponentLoadingError,
    InvalidFile,
    InvalidSetting,
    MissingEnvironment,
    MissingSetting,
    SuperfluousSection,
)
from batou.net import Address, settings
from batou.vfs import Developer, Map


def words(errors):
    return [type(error).__name__ for error in errors]


class TestFinding:
    def test_environments_are_listed_by_name(self, project):
        for name in ("prod", "dev", "a.b"):
            project.environment("", name)
        project.write("environments/empty/readme", "")
        project.write("environments/old.cfg", "")

        names = [environment.name for environment in Environment.all()]
        assert names == ["a.b", "dev", "old", "prod"]

    def test_without_environments_there_are_none(self, project):
        assert list(Environment.all()) == []

    def test_some_can_be_chosen(self, project):
        for name in ("a", "b", "c"):
            project.environment("", name)

        def names(text):
            return [environment.name for environment in Environment.filter(text)]

        assert names("c, a") == ["c", "a"]
        assert names("") == names(None) == ["a", "b", "c"]
        with pytest.raises(UnknownEnvironmentError) as caught:
            Environment.filter("a,x,y")
        assert caught.value.names == ["x", "y"]
        assert isinstance(caught.value, ValueError)
        assert "'x', 'y'" in str(caught.value)

    def test_a_missing_environment_is_raised(self, project):
        project.environment("", "prod")

        with pytest.raises(MissingEnvironment) as caught:
            project.load("pord")
        assert caught.value.environment_name == "pord"
        assert caught.value.known == ["prod"]

    def test_an_older_layout_works(self, project):
        project.write("environments/old.cfg", "[environment]\nservice_user = me\n")

        assert project.load("old").service_user == "me"

    def test_lines_that_cannot_be_parsed_are_collected(self, project):
        project.environment("[environment]\nnonsense\nplatform = nixos\n")
        environment = project.load()

        [error] = environment.exceptions
        assert isinstance(error, InvalidFile)
        assert str(error.location) == "environments/dev/environment.cfg:2"
        assert environment.platform == "nixos"

    def test_a_file_that_cannot_be_read_is_raised(self, project):
        project.environment("")
        (project.base / "environments/dev/environment.cfg").write_bytes(b"\xff\xfe")

        with pytest.raises(InvalidFile):
            project.load()


class TestDefaults:
    def test_an_empty_environment_has_all_of_them(self, project):
        project.environment("")
        environment = project.load()

        assert environment.exceptions == []
        assert environment.service_user is None
        assert environment.require_sudo is None
        assert environment.host_domain is None
        assert environment.branch is None
        assert environment.platform is None
        assert environment.timeout == 3
        assert environment.target_directory == "~/deployment"
        assert environment.connect_method == "ssh"
        assert environment.update_method == "rsync"
        assert environment.repository_url is None
        assert environment.repository_root is None
        assert environment.jobs is None
        assert environment.require_v4 is True
        assert environment.require_v6 is False
        assert environment.vfs_sandbox is None
        assert environment.hosts == {}
        assert environment.root_components == []
        assert environment.overrides == {}
        assert environment.secret_files == {}
        assert environment.secret_data == set()
        assert environment.provisioners == {}
        assert environment.hostname_mapping == {}

    def test_it_knows_its_directories(self, project):
        project.environment("")
        environment = project.load()

        assert environment.base_dir == str(project.base)
        assert environment.workdir_base == str(project.base / "work")
        assert environment.deployment_base == "."

    def test_a_relative_directory_becomes_absolute(self, project):
        assert Environment("dev", basedir=".").base_dir == str(project.base)
        assert Environment("dev").base_dir == str(project.base)

    def test_it_has_a_repr(self):
        assert repr(Environment("dev")) == "<Environment 'dev'>"


class TestSettings:
    def test_all_of_them_are_read(self, project):
        project.environment(
            """
            [environment]
            service_user = app
            require_sudo = True
            host_domain = example.net
            platform = debian
            target_directory = ~/there
            connect_method = vagrant
            update_method = git-bundle
            branch = production
            timeout = 30
            jobs = 4
            repository_url = https://example.com/x
            repository_root = ..
            require_v4 = optional
            require_v6 = True
            """
        )
        environment = project.load()

        assert environment.exceptions == []
        assert environment._warnings == []
        assert environment.service_user == "app"
        assert environment.require_sudo is True
        assert environment.host_domain == "example.net"
        assert environment.platform == "debian"
        assert environment.target_directory == "~/there"
        assert environment.connect_method == "vagrant"
        assert environment.update_method == "git-bundle"
        assert environment.branch == "production"
        assert environment.timeout == 30
        assert environment.jobs == 4
        assert environment.repository_url == "https://example.com/x"
        assert environment.repository_root == ".."
        assert environment.require_v4 == "optional"
        assert environment.require_v6 is True

    def test_the_domain_is_the_default_platform(self, project):
        project.environment("[environment]\nhost_domain = example.net\n")
        assert project.load().platform == "example.net"

    def test_what_was_set_before_wins(self, project):
        project.environment("[environment]\nplatform = debian\ntimeout = 30\nbranch = x\n")

        environment = Environment("dev", timeout=5, platform="nixos", basedir=project.base)
        environment.branch = "mine"
        environment.load()

        assert (environment.timeout, environment.platform) == (5, "nixos")
        assert environment.branch == "mine"

    @pytest.mark.parametrize(
        "text, value", [("True", True), ("False", False), ("false", False), ("yes", True)]
    )
    def test_sudo_is_read_as_a_word(self, project, text, value):
        project.environment(f"[environment]\nrequire_sudo = {text}\n")

        assert project.load().require_sudo is value

    def test_ip_families_are_the_defaults_of_addresses(self, project):
        project.environment("[environment]\nrequire_v4 = optional\nrequire_v6 = true\n")
        project.load()

        assert (settings().require_v4, settings().require_v6) == ("optional", True)
        assert Address("x:80").require_v6 is True

        project.environment("")
        project.load()
        assert (Address.require_v4, Address.require_v6) == (True, False)

    @pytest.mark.parametrize(
        "key, value",
        [
            ("update_method", "scp"),
            ("connect_method", "telnet"),
            ("timeout", "soon"),
            ("jobs", "0"),
            ("jobs", "many"),
            ("require_sudo", "maybe"),
            ("require_v4", "perhaps"),
            ("require_v6", "8"),
        ],
    )
    def test_a_value_that_cannot_be_understood_is_collected(self, project, key, value):
        project.environment(f"\n[environment]\n{key} = {value}\n")
        [error] = project.load().exceptions

        assert isinstance(error, InvalidSetting)
        assert (error.key, error.value) == (key, value)
        assert str(error.location) == "environments/dev/environment.cfg:3"

    def test_unknown_keys_are_warnings(self, project):
        project.classes("App")
        project.environment(
            "[environment]\nplattform = x\ndevelop = y\n[host:a]\ncomponents = app\nx = 1\n"
        )
        environment = project.load()

        assert environment.exceptions == []
        assert [(w.section, w.key) for w in environment._warnings] == [
            ("environment", "plattform"),
            ("environment", "develop"),
            ("host:a", "x"),
        ]
        assert "platform" in environment._warnings[0].hint()

    def test_unknown_sections_are_collected(self, project):
        project.environment("[environments]\n[host]\n[component]\n[foo:bar]\n[vfs:x]\n")
        environment = project.load()

        assert words(environment.exceptions) == ["SuperfluousSection"] * 5
        assert "environment" in environment.exceptions[0].hint()
        assert isinstance(environment.exceptions[0], SuperfluousSection)

    def test_all_errors_are_collected(self, project):
        project.component("broken", "x = (\n")
        project.environment(
            """
            [environment]
            jobs = many
            [foo]
            [hosts]
            web = missing
            [host:web]
            components = x
            [host:db]
            [component:nope]
            [resolver]
            web = 1.2.3
            [vfs]
            """
        )

        assert sorted(words(project.load().exceptions)) == [
            "ComponentLoadingError",
            "DuplicateHostError",
            "InvalidIPAddressError",
            "InvalidSetting",
            "MissingComponent",
            "MissingSetting",
            "MissingSetting",
            "SuperfluousComponentSection",
            "SuperfluousSection",
        ]


class TestLocal:
    def test_with_connect_method_local_hosts_are_this_machine(self, project):
        project.classes("App")
        project.environment("[environment]\nconnect_method = local\n[hosts]\nlocalhost = app\n")
        environment = project.load()

        assert isinstance(environment.hosts["localhost"], LocalHost)
        assert environment.target_directory == str(project.base)
        assert environment.deployment_base == "."

    def test_a_repository_above_the_project_is_the_target(self, project):
        project.environment("[environment]\nconnect_method = local\nrepository_root = ..\n")
        environment = project.load()

        assert environment.target_directory == str(project.base.parent)
        assert environment.deployment_base == project.base.name

    def test_otherwise_hosts_are_elsewhere(self, project):
        project.classes("App")
        project.environment("[hosts]\nweb = app\n")

        host = project.load().hosts["web"]
        assert isinstance(host, RemoteHost)
        assert isinstance(host, Host)

    def test_local_checks_make_every_environment_local(self, project):
        project.classes("App")
        project.environment(
            "[environment]\nconnect_method = ssh\n[hosts]\nweb = app\n"
            "[provisioner:default]\nmethod = nonexistent\n"
        )
        environment = project.load(check_and_predict_local=True)

        assert environment.connect_method == "local"
        assert isinstance(environment.hosts["web"], LocalHost)
        assert environment.exceptions == []


class TestSandbox:
    def test_developer(self, project):
        project.environment("[vfs]\nsandbox = Developer\n")
        environment = project.load()

        assert isinstance(environment.vfs_sandbox, Developer)
        assert environment.map("/etc/x") == f"{environment.workdir_base}/_/etc/x"

    def test_map(self, project):
        project.environment("[vfs]\nsandbox = Map\n/srv = /data/srv\n")
        environment = project.load()

        assert isinstance(environment.vfs_sandbox, Map)
        assert environment.map("/srv/x") == "/data/srv/x"

    def test_mistakes_are_collected(self, project):
        project.environment("[vfs]\n/srv = /data\n")
        [error] = project.load().exceptions
        assert isinstance(error, MissingSetting)

        project.environment("[vfs]\nsandbox = Chroot\n")
        [error] = project.load().exceptions
        assert isinstance(error, InvalidSetting)
        assert error.location.line == 2


def test_a_component_that_cannot_be_loaded_is_no_missing_one(project):
    project.component("app", "class App(Component):\n    broken = (\n")
    project.environment("[hosts]\nweb = app\n[component:app]\nx = 1\n")
    environment = project.load()

    assert [type(error) for error in environment.exceptions] == [ComponentLoadingError]


def test_a_component_defined_in_two_files_is_a_warning(project):
    project.component("a", "class App(Component): pass")
    project.component("b", "class App(Component): pass")
    project.environment("")
    environment = project.load()

    assert environment.exceptions == []
    assert "'app' is defined in" in str(environment._warnings[0])


def test_loading_begins_with_fresh_rules_of_resolving(project):
    from batou import utils

    utils.resolve_override["old"] = "192.0.2.1"
    project.environment("[resolver]\nnew = 192.0.2.2\n")
    project.load()

    assert utils.resolve_override == {"new": "192.0.2.2"}
