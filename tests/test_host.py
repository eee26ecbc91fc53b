"""A host's data."""

import pytest

from batou.environment import Environment
from batou.host import REMOTE_OS_ENV_KEYS, Host, LocalHost, RemoteHost


@pytest.fixture
def environment():
    return Environment("dev")


def test_the_full_name_has_the_domain_of_the_environment(environment):
    host = Host("web", environment)
    assert (host.name, host.fqdn) == ("web", "web")

    environment.host_domain = "example.net"
    assert (host.name, host.fqdn) == ("web", "web.example.net")


def test_a_host_begins_without_anything(environment):
    host = Host("web", environment)

    assert (host.data, host.components, host.aliases, host._aliases) == ({}, {}, {}, [])
    assert (host.platform, host.service_user, host.require_sudo) == (None, None, None)
    assert (host.ignore, host.provisioner, host._provision_info) == (False, None, {})


def test_a_missing_alias_is_a_key_error(environment):
    with pytest.raises(KeyError, match="no 'www' here"):
        Host("web", environment).aliases.www


def test_only_a_host_that_may_be_renamed_is(environment):
    environment.hostname_mapping["web"] = "a1b2c3d4"
    host = Host("web", environment)
    assert host.name == "web"

    host.remap = True
    assert host.name == "a1b2c3d4"


def test_its_provisioner_tells_how_it_is_reached(environment):
    class Provisioner:
        def summarize(self, host):
            told.append(host)

    told = []
    host = Host("web", environment)
    host.summarize()
    assert told == []

    host.provisioner = Provisioner()
    host.summarize()
    assert told == [host]


def test_local_and_remote_hosts_are_hosts(environment):
    assert isinstance(LocalHost("a", environment), Host)
    assert isinstance(RemoteHost("a", environment), Host)
    assert repr(RemoteHost("a", environment)) == "<RemoteHost 'a'>"
    assert "REMOTE_PDB_PORT" in REMOTE_OS_ENV_KEYS
