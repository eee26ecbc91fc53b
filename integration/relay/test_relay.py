"""Hosts that only a relay can reach: one connection to it, however many are behind it."""

import pytest

from batou.testing.hosts import ssh_config

pytestmark = [pytest.mark.platform("ubuntu"), pytest.mark.needs("ssh")]

PROJECT = {
    "components/app/component.py": """
from batou.component import Component
from batou.lib.file import File


class App(Component):
    def configure(self):
        self.provide("app", self.host.name)
        self += File("app.conf", content="{{host.name}}")


class Balancer(Component):
    def configure(self):
        self.apps = sorted(self.require("app"))
        self += File("apps", content="{{component.apps}}")
""",
    "environments/dev/environment.cfg": """
[environment]
service_user = app

[hosts]
relay = balancer

[host:inner1]
components = app
via = relay

[host:inner2]
components = app
via = relay
""",
}


def test_hosts_behind_a_relay_are_deployed(ssh_hosts, project, batou):
    hosts = ssh_hosts("relay", "inner1", "inner2", user="app")
    relay, *inner = hosts.hosts
    place = project(PROJECT)
    (place / "ssh_config").write_text(ssh_config([relay], hosts.key, "admin"))
    ssh = "~admin/.ssh"
    relay.run(f"cat > {ssh}/id_ed25519 && chmod 600 {ssh}/id_ed25519", input=hosts.key.read_text())
    relay.run(f"cat > {ssh}/config", input="StrictHostKeyChecking no\nLogLevel ERROR\n")
    relay.run(f"chown -R admin {ssh}")

    first = batou(place, "deploy", "dev")
    second = batou(place, "deploy", "dev")

    assert first.output.count("1 updated") == 3
    assert second.output.count("1 unchanged") == 3
    apps = relay.run(["cat", "/home/app/deployment/work/balancer/apps"])
    assert apps == "['inner1', 'inner2']"
    for host in inner:
        path = "/home/app/deployment/work/app/app.conf"
        assert host.run(["cat", path]) == host.name
