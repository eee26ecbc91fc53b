"""Containers in place of hosts: names, addresses, secrets."""

import pytest

from batou.deploy.load import load, load_secrets
from batou.deploy.options import RunOptions
from batou.deploy.reaching import Reaching
from batou.deploy.staging import Staging
from batou.secrets.blob import SecretBlob
from batou.transport.opening import Openings


@pytest.fixture
def staged(project, monkeypatch):
    """A function that loads environment ``local`` with a container for ``web``."""
    monkeypatch.chdir(project.path)
    project.component("app", "class App(Component):\n    key = Attribute(str)\n")

    def load_it(text, **more):
        project.write("environments/local/environment.cfg", text)
        staging = Staging("docker", {"web": "c1"}, {"web": "10.9.0.2"}, ".", **more)
        environment = load(RunOptions("local", staging=staging))
        load_secrets(environment, staging)
        return environment

    return load_it


HOSTS = "[hosts]\nweb = app\ndb = app\n"


def test_names_lead_to_containers(staged):
    environment = staged("[environment]\nhost_domain = example.com\n" + HOSTS)

    overrides = environment._net.resolve_override
    assert overrides["web"] == overrides["web.example.com"] == "10.9.0.2"


def test_hosts_without_container_have_an_address_that_leads_nowhere(staged):
    overrides = staged(HOSTS)._net.resolve_override

    assert overrides["db"] == "192.0.2.1"


def test_what_the_environment_says_of_a_name_stays(staged):
    environment = staged(HOSTS + "[resolver]\nweb = 10.1.1.1\n")

    assert environment._net.resolve_override["web"] == "10.1.1.1"


def test_this_machine_keeps_its_address(staged):
    assert "localhost" not in staged("[hosts]\nlocalhost = app\n")._net.resolve_override


def test_hosts_are_reached_in_their_containers_as_their_user(staged):
    environment = staged("[environment]\nconnect_method = ssh\nservice_user = app\n" + HOSTS)

    reach = Reaching(environment, Openings()).reach(environment.hosts["web"])

    assert (reach.method, reach.address, reach.user, reach.sudo) == ("docker", "c1", "app", False)


def test_provisioners_are_not_even_looked_for(staged):
    environment = staged(HOSTS + "[provisioner:default]\nmethod = nowhere\n")

    assert environment.exceptions == []
    assert environment.hosts["web"].provisioner is None


def test_the_map_of_hosts_is_read_and_stays(staged, project):
    file = project.write("environments/local/hostmap.json", '{"web": "web-xyz"}')

    environment = staged("[host:web]\ncomponents = app\nprovision-dynamic-hostname = True\n")

    assert list(environment.hosts) == ["web-xyz"]
    assert file.read_text() == '{"web": "web-xyz"}'


def test_secrets_can_be_others(staged):
    blob = SecretBlob({"app": {"key": "made-up"}})

    environment = staged(HOSTS, secrets=lambda environment: blob)

    assert environment.overrides["app"]["key"] == "made-up"
