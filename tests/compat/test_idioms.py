"""How deployments in the wild use components: each idiom as a small deployment of its own."""

import hashlib
import inspect
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import batou
import batou.component
import batou.lib.cron
import batou.lib.file
import batou.lib.nagios
import batou.lib.service
import batou.utils
from batou.component import Attribute, Component, ConfigString, RootComponent
from batou.environment import Environment
from batou.host import Host
from batou.lib.file import File, ManagedContentBase, Mode, Presence, Purge
from batou.utils import Address, CmdExecutionError, NetLoc, Timer

HEAD = """
import os
from pathlib import Path
import batou
import batou.c
import batou.lib.cron
from batou import UpdateNeeded
from batou.component import Attribute, Component, ConfigString, HookComponent, platform
from batou.lib.file import File, Presence
from batou.utils import Address
"""


def component(source):
    """A component.py."""
    return HEAD + textwrap.dedent(source)


class TestBuilding:
    def test_results_of_a_sub_component_are_read_at_once(self, root):
        class App(Component):
            def configure(self):
                self += File("a.conf", content="{{host.name}}")
                self.path, self.text = self._.path, self._.content
                self.second = File(f"{self.path}.d", ensure="directory", mode=0o700, leading=True)
                self += self.second

        root.component += App()
        root.component.deploy()

        app = root.component._
        assert (app.path, app.text) == (f"{root.workdir}/a.conf", b"localhost")
        assert stat.S_IMODE(os.stat(app.second.path).st_mode) == 0o700

    def test_a_component_may_be_what_a_method_returns(self, root):
        class Certificate(Component):
            namevar = "name"

            def activate(self):
                return File(f"{self.name}.active", content="")

        class App(Component):
            def configure(self):
                self.cert = Certificate("a")
                self += self.cert
                self += self.cert.activate()

        root.component += App()
        root.component.deploy()

        assert os.listdir(root.workdir) == ["a.active"]

    def test_a_child_may_add_to_its_parent_and_set_its_attributes(self, root):
        class Child(Component):
            def configure(self):
                self.parent += File("from-child", content="x")
                self.parent.port = 8080

        class App(Component):
            port = None

            def configure(self):
                self += Child()

        root.component += App()
        root.component.deploy()

        app = root.component._
        assert app.port == 8080
        assert [type(each) for each in app.sub_components] == [Child, File]
        assert os.path.exists(f"{root.workdir}/from-child")

    def test_an_or_ed_component_is_prepared_and_provided_but_not_deployed(self, root):
        class App(Component):
            def configure(self):
                self |= (key := File("key", content="secret"))
                self.provide("key", key)

        root.component += App()
        root.component.deploy()

        [file] = root.environment.resources.get("key")
        assert file.content == b"secret"
        assert os.listdir(root.workdir) == []

    def test_the_namevar_may_be_made_optional(self, root):
        class Volume(Component):
            namevar = "name"

            def __init__(self, namevar=None, **kw):
                super().__init__(namevar or "default", **kw)

        root.component += Volume()
        assert root.component._.name == "default"
        root.component += Volume("data")
        assert root.component._.name == "data"

    def test_components_are_arguments_and_namevars(self, root):
        class Container(Component):
            namevar = "name"
            needs = False

            def verify(self):
                assert not self.needs

        class Restart(Component):
            namevar = "container"
            dependencies = ()
            restarted = False

            def verify(self):
                self.container.assert_no_changes()
                for each in self.dependencies:
                    each.assert_no_changes()

            def update(self):
                self.restarted = True

        class App(Component):
            def configure(self):
                self.quiet, self.busy = Container("quiet"), Container("busy", needs=True)
                self += self.quiet
                self += self.busy
                self += Restart(self.quiet)
                self += Restart(self.quiet, dependencies=(self.quiet, self.busy))
                self += Restart(self.busy)

        root.component += App()
        root.component.deploy()

        assert [each.restarted for each in root.component._.sub_components[2:]] == [
            False,
            True,
            True,
        ]

    def test_configure_may_be_extended_over_several_levels(self, root, tmp_path):
        class Base(Component):
            def configure(self):
                self.steps = ["base"]

        class Middle(Base):
            def configure(self):
                super().configure()
                self.steps += ["middle"]

        class Last(Middle):
            def configure(self):
                super().configure()
                self.steps += ["last"]

        root.component += Last()

        assert root.component._.steps == ["base", "middle", "last"]

    def test_mutable_class_attributes_are_shared_between_instances(self, root):
        class Cached(Component):
            db: str
            cache: dict = {}  # the point of it
            image = Attribute(str, "debian")

            def configure(self):
                self.cache.setdefault("asked", []).append(self.image)

        root.component += Cached()
        root.component += Cached(image="nixos")

        assert Cached.cache == {"asked": ["debian", "nixos"]}

    def test_an_attribute_may_take_the_name_of_a_method(self, root):
        class Env(Component):
            def configure(self):
                self.checksum = hashlib.sha256(b"x")
                self += File("env", content="{{component.checksum.hexdigest()}}")

        root.component += Env()

        assert root.component._._.content == hashlib.sha256(b"x").hexdigest().encode()

    def test_the_instance_of_a_component_may_be_a_class_attribute(self, root):
        class MyAddress(Component):
            ipv4 = None

        class App(Component):
            address = MyAddress(ipv4="192.0.2.1")
            listen = Address("localhost:80")

            def configure(self):
                self += self.address
                self += File("x", content="{{component.address.ipv4}} {{component.listen.connect}}")

        root.component += App()

        assert root.component._._.content == b"192.0.2.1 localhost:80"

    def test_asserting_in_configure_and_verify(self, root):
        class App(Component):
            def configure(self):
                assert self.host.name == "localhost", "wrong host"

            def verify(self):
                assert os.path.exists("there")

            def update(self):
                self.touch("there")

        for changed in (True, False):
            root.component += App()
            root.component.deploy()
            assert root.component._.changed is changed


class TestLibraryClasses:
    @pytest.fixture
    def patched(self, monkeypatch):
        """Attributes put into classes of the library, as batou_ext does when it is imported."""
        monkeypatch.setattr(batou.lib.service.Service, "checksum", "", raising=False)
        monkeypatch.setattr(batou.lib.service.Service, "systemd", None, raising=False)
        monkeypatch.setattr(batou.lib.nagios.Service, "interval", None, raising=False)

    def test_attributes_put_into_them_become_keywords(self, root, patched):
        root.component += batou.lib.service.Service("bin/x", systemd={"a": 1}, checksum="abc")
        service = root.component._
        assert (service.systemd, service.checksum) == ({"a": 1}, "abc")

        root.component += batou.lib.nagios.Service("HTTP", command="check", interval=5)
        assert root.component._.interval == 5

    def test_companions_of_them_read_their_parent(self, make_root, patched):
        @batou.component.platform("nixos-of-test", batou.lib.service.Service)
        class Unit(Component):
            def configure(self):
                self += File("unit", content="{{component.parent.executable}}")
                self += Mode("unit", mode=0o600)
                self.settings = self.parent.systemd

        class App(Component):
            def configure(self):
                self += batou.lib.service.Service("bin/x", systemd={"a": 1})
                self.unit = self._._platform_component

        try:
            root = make_root(App, platform="nixos-of-test")
            root.prepare()
            root.component.deploy()
        finally:
            del batou.lib.service.Service._platforms["nixos-of-test"]

        assert root.component.unit.settings == {"a": 1}
        assert Path(root.workdir, "unit").read_text() == "bin/x"

    def test_a_companion_can_be_registered_by_the_class_method(self, make_root):
        class Main(Component):
            pass

        class Companion(Component):
            pass

        Main._add_platform("here", Companion)
        root = make_root(Main, platform="here")
        root.prepare()

        assert type(root.component._platform_component) is Companion

    def test_the_file_component_can_be_written_anew_from_its_parts(self, root):
        class Checked(ManagedContentBase):
            def render(self):
                pass

            def verify(self, predicting=False):
                try:
                    super().verify(predicting)
                except batou.UpdateNeeded:
                    assert b"error" not in self.content
                    raise

        class NixFile(File):
            def configure(self):
                self._unmapped_path = self.path
                self.path = self.map(self.path)
                self += Presence(self.path, leading=self.leading)
                self += Mode(self.path, mode=0o640)
                self += Checked(self.path, content=self.content)
                self.content = self._.content

        root.component += NixFile("sub/x.nix", content="{ }", leading=True)
        root.component.deploy()

        assert root.component._.content == b"{ }"
        assert Path(root.workdir, "sub/x.nix").read_text() == "{ }"
        assert stat.S_IMODE(os.stat(f"{root.workdir}/sub/x.nix").st_mode) == 0o640

    def test_bytes_and_paths(self, root, tmp_path):
        (tmp_path / "data").write_bytes(b"\xc3\xa4{{host.name}}")

        class App(Component):
            def configure(self):
                self += Purge(Path(self.workdir) / "old*")
                self += File(Path(self.workdir) / "x", content=Path("data").read_bytes())
                self.digest = hashlib.sha256(self._.content).hexdigest()
                self += File("y", content=self._.content)

        Path(root.workdir, "old.conf").touch()
        root.component += App()
        root.component.deploy()

        expected = "älocalhost".encode()
        assert root.component._.digest == hashlib.sha256(expected).hexdigest()
        assert Path(root.workdir, "y").read_bytes() == expected
        assert sorted(os.listdir(root.workdir)) == ["x", "y"]

    def test_string_modes_come_from_overrides(self, make_root):
        class App(Component):
            mode = "644"

            def configure(self):
                self += File("x", content="", mode=self.mode)

        root = make_root(App, {"mode": "0600"})
        root.prepare()
        root.component.deploy()

        assert stat.S_IMODE(os.stat(f"{root.workdir}/x").st_mode) == 0o600

    def test_whatever_looks_like_a_cron_job_is_one(self, deploy):
        source = """
        class Timer(HookComponent):
            key = batou.lib.cron.CronJob.key
            command, args = "timer", ""
            def format(self):
                return "1 2 3 4 5 timer --now"

        class CronTab(batou.lib.cron.CronTab):
            pass
        """
        environment = deploy({"all": component(source)}, "localhost = timer, crontab")

        text = Path(environment.workdir_base, "crontab/crontab").read_text()
        assert "1 2 3 4 5 timer --now\n" in text


MEMBERS = """
assert_cmd assert_component_is_current assert_file_is_current assert_no_changes
assert_no_subcomponent_changes changed chdir checksum cmd configure defdir deploy environment expand
host last_updated log map namevar namevar_for_breadcrumb parent prepare provide
recursive_sub_components require require_one root sub_components template timer touch update verify
workdir
"""
TEXTS = """
base_dir connect_method deployment_base name target_directory workdir_base host_domain platform
service_user
"""


class TestSerialising:
    KNOWN = (
        (str, bool, int, Path, dict, list, tuple, type(None), Address, NetLoc)
        + (Host, Environment, RootComponent, Component, float, Timer)
    )  # fmt: skip
    NOT_SEEN = {"sub_components", "changed", "instances", "recursive_sub_components"}

    def test_all_public_members_of_a_component_are_of_known_types(self, root):
        class App(Component):
            namevar = "name"
            address = Attribute(Address, ConfigString("localhost:80"))

        root.component += App("x")

        strange = {
            name: value
            for name, value in inspect.getmembers(root.component._)
            if not name.startswith("_") and name not in self.NOT_SEEN
            if not inspect.ismethod(value) and not isinstance(value, self.KNOWN)
        }
        assert strange == {}

    def test_no_public_member_is_new(self, root):
        class App(Component):
            pass

        root.component += App()
        names = {name for name, _ in inspect.getmembers(root.component._) if name[0] != "_"}

        assert names == set(MEMBERS.split())

    @pytest.mark.parametrize("name", TEXTS.split())
    def test_an_environment_tells_text(self, root, name):
        assert isinstance(getattr(root.environment, name), (str, type(None)))


class TestCommands:
    def test_a_process_with_its_own_input(self, root):
        process = root.component.cmd("cat; exit 3", communicate=False)

        assert process.communicate(input=b"text")[0] == b"text"
        assert process.returncode == 3

    def test_scripts_over_several_lines(self, root):
        out, _ = root.component.cmd(
            """
            printf '%s\\n' one \\
                two | sort -r
            echo $NAME
            """,
            env={"NAME": "three"},
            silent=True,
            expand=True,
        )

        assert out.strip().splitlines() == ["two", "one", "three"]

    def test_errors_are_caught_made_and_reported(self, root, output):
        with pytest.raises(CmdExecutionError) as caught:
            try:
                root.component.cmd("echo why >&2; false")
            except CmdExecutionError as error:
                error.report()
                raise CmdExecutionError(error.cmd, 7, "", error.stderr + "other") from error

        assert (caught.value.returncode, caught.value.stderr) == (7, "why\nother")
        assert "why" in output.backend.output

    def test_the_environment_of_the_process_may_be_changed(self, root, monkeypatch):
        monkeypatch.setenv("SSH_AUTH_SOCK", "x")

        class App(Component):
            def verify(self):
                os.environ["PGPASSWORD"] = "secret"
                os.environ.pop("SSH_AUTH_SOCK", None)
                self.out = self.cmd('echo "$PGPASSWORD$SSH_AUTH_SOCK"')[0]

        monkeypatch.setenv("PGPASSWORD", "")
        root.component += App()
        root.component.deploy()

        assert root.component._.out == "secret\n"


ATTRIBUTES = [
    (Attribute(str), "x", "x"),
    (Attribute(), "x", "x"),
    (Attribute(int, 25), None, 25),
    (Attribute(int, default=0), "7", 7),
    (Attribute("literal", default=True), "False", False),
    (Attribute("literal", False), None, False),
    (Attribute("literal", "True"), None, "True"),
    (Attribute("list", default=[]), "a, b,", ["a", "b"]),
    (Attribute(list, default=["a"]), None, ["a"]),
    (Attribute(list), "a, b", ["a", "b"]),
    (Attribute(bool, False), None, False),
    (Attribute(str, None), None, None),
    (Attribute(str | None, None), None, None),
    (Attribute(str, ConfigString("{{component.host.name}}")), None, "localhost"),
]


@pytest.mark.parametrize("attribute, text, expected", ATTRIBUTES, ids=range(len(ATTRIBUTES)))
def test_declarations_of_attributes(make_root, attribute, text, expected):
    kind = type("App", (Component,), {"value": attribute})
    attribute.__set_name__(kind, "value")
    root = make_root(kind, {} if text is None else {"value": text})
    root.prepare()

    assert root.component.value == expected


def test_addresses_and_mapped_paths_as_attributes(make_root):
    class App(Component):
        fixed = Attribute(Address, ConfigString("127.0.0.1:9001"))
        address = Attribute(Address, default=ConfigString("{{host.fqdn}}:80"))
        pidfile = Attribute(default=ConfigString("var/x.pid"), map=True)

    root = make_root(App, {"address": "{{host.fqdn}}:81"})
    root.prepare()
    app = root.component

    assert str(app.fixed.listen) == "127.0.0.1:9001"
    assert str(app.address.connect) == "localhost:81"
    assert app.pidfile == f"{root.workdir}/var/x.pid"


class TestProjects:
    def test_library_roots_are_imported_and_may_be_subclassed_under_their_name(self, deploy):
        sources = {
            "cron": HEAD + "from batou.lib.cron import CronTab",
            "jobs": HEAD
            + """
class Jobs(Component):
    def configure(self):
        self += batou.lib.cron.CronJob("run", timing="* * * * *")
""",
            "own": HEAD
            + """
from batou.lib.service import Service
class Service(Service):
    executable = "bin/own"
    namevar = None
""",
        }
        environment = deploy(sources, "localhost = crontab, jobs, service")

        [host] = environment.hosts.values()
        assert host.components["service"].component.executable == "bin/own"
        assert type(host.components["crontab"].component) is batou.lib.cron.CronTab
        assert host.components["crontab"].defdir.endswith("components/cron")

    def test_component_files_refer_to_each_other(self, deploy):
        sources = {
            "zeta": HEAD + "class Zeta(Component):\n    port = 7\n",
            "alpha": HEAD
            + """
class Alpha(Component):
    def configure(self):
        self += batou.c.zeta.Zeta()
        self += File("port", content="{{component._.port}}")
""",
        }
        environment = deploy(sources, "localhost = alpha")

        assert Path(environment.workdir_base, "alpha/port").read_text() == "7"

    def test_resources_by_convention(self, deploy):
        source = """
        class Postgres(Component):
            def configure(self):
                self.provide("postgres", {"host": self.host, "port": 5432})
        class Web(Component):
            def configure(self):
                self.database = self.require_one("postgres")
                self.maintenance = self.require("needs-maintenance", strict=False)
                self.podman = self.require("oci:podman", strict=False, host=self.host)
                self += File("url", content="{{component.database.host.fqdn}}")
            def verify(self):
                assert os.path.exists(f"{self.environment.workdir_base}/start/started")
        class Start(Component):
            def configure(self):
                self.waiting = self.require("needs-maintenance", strict=False, reverse=True)
            def verify(self):
                self.touch("started")
        class Worker(Component):
            def configure(self):
                self.provide("needs-maintenance", self)
                self.require("postgres")
            def verify(self):
                assert os.path.exists(f"{self.environment.workdir_base}/start/started")
        """
        environment = deploy({"all": component(source)}, "localhost = web, worker, start, postgres")

        roots = environment.hosts["localhost"].components
        assert Path(environment.workdir_base, "web/url").read_text() == "localhost"
        assert roots["web"].component.maintenance == [roots["worker"].component]
        assert roots["start"].component.waiting == [roots["worker"].component]
        assert not roots["worker"].component.changed  # maintenance started before

    def test_data_of_hosts_and_sections_as_data_stores(self, deploy):
        source = """
        class App(Component):
            features = ()
            def configure(self):
                self.project = self.environment.overrides["settings"]["project"]
                self += File("x", content=(
                    '{%- for role in host.data["roles"].strip().splitlines() | sort %}'
                    '{{role}};{% endfor -%}{{host.data["alias-srv"]}} '
                    '{{component.environment.service_user}} {{component.project}}'
                ))
        class Settings(Component):
            pass
        """
        rest = """
        service_user = deploy
        [component:settings]
        project = web
        [host:localhost]
        components = app:fast
        data-alias-srv = db.internal
        data-roles =
            web
            app
        """
        environment = deploy({"all": component(source)}, "", rest)

        text = Path(environment.workdir_base, "app/x").read_text()
        assert text == "app;web;db.internal deploy web"
        assert environment.hosts["localhost"].components["app"].component.features == ["fast"]

    def test_resources_of_packages_are_found_beside_their_modules(
        self, deploy, tmp_path, monkeypatch
    ):
        package = tmp_path / "lib" / "mypackage"
        package.mkdir(parents=True)
        (package / "greeting.txt").write_text("hello from the package")
        (package / "__init__.py").write_text(
            "import os\n"
            "from importlib.resources import files\n"
            "from batou.component import Component\n"
            "from batou.lib.file import File\n"
            "class Greeting(Component):\n"
            "    def configure(self):\n"
            "        here = os.path.dirname(__file__)\n"
            "        self += File('a', source=os.path.join(here, 'greeting.txt'))\n"
            "        self += File('b', content=files(__spec__.name).joinpath('greeting.txt')"
            ".read_bytes())\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path / "lib"))
        environment = deploy({"x": "from mypackage import Greeting\n"}, "localhost = greeting")
        del sys.modules["mypackage"]

        for name in "ab":
            path = Path(environment.workdir_base, "greeting", name)
            assert path.read_text() == "hello from the package"


SCRIPT = """
import batou
from batou.component import Attribute, Component
from batou.environment import Environment

class Provision(Component):
    env_name = None
    dry_run = False

    def load(self):
        self.environment_of = Environment(self.env_name)
        self.environment_of.load()
        self.environment_of.load_secrets()
        return self.environment_of

batou.output = batou._output.Output(batou._output.TerminalBackend())
env = Provision(env_name="dev", dry_run=True).load()
for exc in env.exceptions:
    exc.report()
print(env.hosts["web"].data, env.overrides["provision"]["project"], env.branch, env.service_user)
try:
    raise batou.ConfigurationError.from_context("that is wrong")
except batou.ReportingException as error:
    error.report()
"""


def test_a_script_reads_an_environment_without_deploying(tmp_path):
    folder = tmp_path / "components" / "provision"
    folder.mkdir(parents=True)
    (folder / "component.py").write_text(component("class Provision(Component): pass"))
    settings = tmp_path / "environments" / "dev" / "environment.cfg"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        "[environment]\nbranch = production\nservice_user = app\n"
        "[host:web]\ncomponents =\ndata-cores = 4\n[component:provision]\nproject = demo\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "{'cores': '4'} demo production app\n" in done.stdout
    assert "ERROR: that is wrong" in done.stdout
