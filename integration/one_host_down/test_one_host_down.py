"""A host that is down stops a run, unless it was asked to go on without."""

import pytest

pytestmark = [pytest.mark.platform("ubuntu"), pytest.mark.needs("ssh")]

PROJECT = {
    "components/app/component.py": """
from batou.component import Component
from batou.lib.file import File


class Database(Component):
    def configure(self):
        self.provide("database", self.host.name)


class App(Component):
    def configure(self):
        self.database = self.require_one("database")
        self += File("app.conf", content=self.database)


class Cron(Component):
    def configure(self):
        self += File("crontab", content="@daily true")
""",
    "environments/dev/environment.cfg": """
[environment]
target_directory = /srv/app

[hosts]
web = app, cron
db = database
""",
}


def test_a_run_goes_on_without_the_host_that_is_down_if_asked_to(ssh_hosts, project, batou):
    hosts = ssh_hosts("web", "db", login="root")
    web, db = hosts.hosts
    place = project(PROJECT, hosts.ssh_config)
    db.stop()

    stopped = batou(place, "deploy", "dev", expect=1)
    nothing = web.run("find /srv/app/work -type f 2>/dev/null | wc -l")
    went_on = batou(place, "deploy", "dev", "--skip-unreachable", expect=1)

    assert "ERROR: cannot connect to host 'db': it does not answer" in stopped.output
    assert nothing == "0\n"
    assert "WARNING: cannot connect to host 'db'" in went_on.output
    assert web.run("find /srv/app/work -type f").split() == ["/srv/app/work/cron/crontab"]
    assert "1 not reached: app" in went_on.output
    assert "1 not reached: database" in went_on.output
