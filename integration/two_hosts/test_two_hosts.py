"""Two hosts with resources between them, over ssh; the second time nothing changes."""

import pytest

pytestmark = [pytest.mark.platform("ubuntu"), pytest.mark.needs("ssh")]

PROJECT = {
    "components/shop/component.py": """
from batou.component import Component
from batou.lib.file import File
from batou.utils import Address


class Database(Component):
    def configure(self):
        self.provide("database", Address(self.host.fqdn, 5432))
        self += File("database.conf", content="allow {{component.clients}}")

    @property
    def clients(self):
        return self.require("client", reverse=True)


class Shop(Component):
    def configure(self):
        self.provide("client", self.host.name)
        self.database = self.require_one("database")
        self += File("shop.conf", content="database = {{component.database.connect}}")
""",
    "environments/dev/environment.cfg": """
[environment]
host_domain = example.com
service_user = app

[hosts]
web = shop
db = database

[resolver]
db.example.com = 10.0.0.7
""",
}


def test_each_host_knows_what_the_other_one_provides(ssh_hosts, project, batou):
    hosts = ssh_hosts("web", "db", user="app")
    place = project(PROJECT, hosts.ssh_config)

    first = batou(place, "deploy", "dev")
    second = batou(place, "deploy", "dev")

    web, db = hosts.hosts
    assert "web: 1 updated" in first.output
    shop = web.run(["cat", "/home/app/deployment/work/shop/shop.conf"])
    assert shop == "database = db.example.com:5432"
    database = db.run(["cat", "/home/app/deployment/work/database/database.conf"])
    assert database == "allow ['web']"
    assert "web: 1 unchanged" in second.output
    assert "db: 1 unchanged" in second.output
