"""Configuring stays linear in the number of hosts."""

import time

import pytest

SOURCE = """
class Part(Component):
    namevar = "name"
    port = Attribute(int, 1)

class App(Component):
    port = Attribute(int, 80)
    address = Attribute(Address, ConfigString("{{host.fqdn}}:80"))

    def configure(self):
        self += Part("x", port=self.port)
        self.provide("app", str(self.address))
        self.local = self.require("job", host=self.host)

class Job(Component):
    def configure(self):
        self.provide("job", self.host.name)

class Balancer(Component):
    def configure(self):
        self.apps = self.require("app")
"""


@pytest.fixture
def seconds(project):
    """How long it takes to configure an environment of so many hosts."""
    project.component("all", SOURCE)

    def seconds(hosts):
        lines = "\n".join(f"host{number} = app, job" for number in range(hosts))
        project.environment(f"[hosts]\n{lines}\nbalancer = balancer\n")
        environment = project.load()
        start = time.process_time()
        assert environment.configure() == []
        elapsed = time.process_time() - start
        balancer = environment.hosts["balancer"].components["balancer"].component
        assert len(balancer.apps) == hosts
        return elapsed

    return seconds


def test_four_times_the_hosts_take_about_four_times_as_long(seconds):
    few = min(seconds(100) for _ in range(3))
    many = min(seconds(400) for _ in range(3))

    assert many < 10 * few
