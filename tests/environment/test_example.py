"""An environment that uses every syntax, and what becomes of it."""

import pytest

from batou.environment.overrides import merge_secrets
from batou.net import resolve, resolve_v6
from batou.secrets import SecretBlob

ENVIRONMENT = """\
# environments/prod/environment.cfg
[environment]
service_user = app
host_domain = example.net
platform = debian
update_method = git-bundle
branch = production
jobs = 4
timeout = 30
require_v6 = optional

[hosts]
web1 = nginx, app:frontend, crontab
!web2 = nginx, app

[host:db1]
components =
    postgres
    !backup
platform = nixos
service_user = dba
require_sudo = True
data-roles =
    db
    backup
data-alias = db.internal

[component:app]
address = {{host.fqdn}}:8080
workers = 4
features_on = a, b

[resolver]
www.example.net =
    192.0.2.10
    2001:db8::10

[vfs]
sandbox = Map
/srv = /data/srv
"""

COMPONENTS = """
from batou.component import Attribute, Component, ConfigString
from batou.lib.cron import CronJob, CronTab
from batou.lib.file import File
from batou.utils import Address

class Nginx(Component):
    def configure(self):
        self.apps = self.require("app", host=self.host)
        self.directory = self.map("/srv/www")

class App(Component):
    address = Attribute(Address, ConfigString("localhost:80"))
    workers = Attribute(int, 1)
    features_on = Attribute("list", ())
    features = ["backend", "frontend"]
    db_password = None
    def configure(self):
        self.provide("app", self)
        self.database = self.require_one("database")
        if not self.host.ignore:
            self += CronJob("run", timing="* * * * *")
        self += File("app.conf", content="{{component.database.host.data.alias}}")
        self.conf = self._

class Postgres(Component):
    def configure(self):
        self.provide("database", self)

class Backup(Component):
    pass
"""


@pytest.fixture
def environment(project):
    project.write("components/all/component.py", COMPONENTS)
    project.environment(ENVIRONMENT, "prod")
    environment = project.load("prod")
    blob = SecretBlob(
        {"app": {"db_password": "hunter2"}},
        {"db1": {"api-token": "t0ken"}},
        secret_data=frozenset({"hunter2"}),
    )
    merge_secrets(environment, blob)
    return environment


def test_nothing_is_wrong_with_it(environment):
    assert environment.exceptions == []
    assert environment.configure() == []
    assert environment._warnings == []


def test_its_settings(environment):
    settings = "service_user host_domain platform update_method branch jobs timeout connect_method"

    assert [getattr(environment, name) for name in settings.split()] == [
        *("app", "example.net", "debian", "git-bundle", "production", 4, 30, "ssh")
    ]
    assert (environment.require_v4, environment.require_v6) == (True, "optional")


def test_its_hosts(environment):
    told = {
        host.name: (host.fqdn, host.platform, host.service_user, host.require_sudo, host.ignore)
        for host in environment.hosts.values()
    }

    assert told == {
        "web1": ("web1.example.net", "debian", "app", None, False),
        "web2": ("web2.example.net", "debian", "app", None, True),
        "db1": ("db1.example.net", "nixos", "dba", True, False),
    }
    data = environment.hosts["db1"].data
    assert data["roles"].split() == ["db", "backup"]
    assert (data["alias"], data["api-token"]) == ("db.internal", "t0ken")


def test_its_roots(environment):
    roots = [(root.host.name, root.name, root.ignore) for root in environment.root_components]

    assert sorted(roots) == [
        ("db1", "backup", True),
        ("db1", "postgres", False),
        ("web1", "app", False),
        ("web1", "crontab", False),
        ("web1", "nginx", False),
        ("web2", "app", False),
        ("web2", "nginx", False),
    ]


def test_its_model(environment):
    environment.configure()

    first, second = (environment.hosts[name].components for name in ("web1", "web2"))
    app = first["app"].component
    assert app.features == ["frontend"]
    assert second["app"].component.features == ["backend", "frontend"]
    assert str(app.address.connect) == "web1.example.net:8080"
    assert str(second["app"].component.address.connect) == "web2.example.net:8080"
    assert (app.workers, app.features_on, app.db_password) == (4, ["a", "b"], "hunter2")
    assert app.conf.content == b"db.internal"
    assert first["nginx"].component.apps == [app]
    assert first["nginx"].component.directory == "/data/srv/www"


def test_its_order(environment):
    environment.configure()

    needs = {
        f"{root.name} on {root.host.name}": sorted(need.name for need in needed)
        for root, needed in environment.root_dependencies().items()
    }
    assert needs == {
        "nginx on web1": ["app"],
        "app on web1": ["postgres"],
        "crontab on web1": ["app"],
        "nginx on web2": ["app"],
        "app on web2": ["postgres"],
        "postgres on db1": [],
        "backup on db1": [],
    }


def test_its_names(environment):
    assert resolve("www.example.net") == "192.0.2.10"
    assert resolve_v6("www.example.net") == "2001:db8::10"
