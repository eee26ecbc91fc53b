"""Hosts behind a relay: two servers on this machine, and what one of them calls ssh."""

import pytest

pytestmark = pytest.mark.needs("/usr/sbin/sshd", "ssh", "ssh-keygen")

APP = "class App(Component):\n def configure(self):\n  self += File('app.conf', content='x')\n"


@pytest.fixture
def inner(server, servers):
    """A server that only *server* can find, by the names inner1 and inner2."""
    inner = servers()
    names = inner.config("inner1") + inner.config("inner2")
    (server.directory / "relay_config").write_text(names)
    server.programs.write("ssh", f'exec /usr/bin/ssh -F {server.directory}/relay_config "$@"')
    return inner


@pytest.fixture
def relayed(project, server):
    """A project that can reach *server* as a host of its own, or by a name of ssh."""
    project.component("app", APP)
    project.write("ssh_config", server.config("relay") + server.config("far.example.com"))
    return project


def hosts(via, *names):
    return "\n".join(f"[host:{name}]\ncomponents = app\nvia = {via}" for name in names)


def test_a_host_is_reached_through_another(relayed, server, inner, target):
    relayed.remote_environment(target, "relay =", hosts("relay", "inner1"))

    relayed.run("deploy", "prod", "--host", "inner1")

    assert (target / "work/app/app.conf").read_text() == "x"
    assert (server.logins, inner.logins) == (1, 1)


def test_many_hosts_share_the_connection_to_their_relay(relayed, server, inner, target):
    """Both have one directory here, so that one of them finds it locked."""
    relayed.remote_environment(target, "", hosts("far.example.com", "inner1", "inner2"))

    printed = relayed.run("deploy", "prod", code=1)

    assert "another run holds this host" in printed
    assert (server.logins, inner.logins) == (1, 2)


def test_a_relay_that_is_not_reached_is_told_once_with_all_behind_it(relayed, server, target):
    server.process.terminate()
    server.process.wait(60)
    relayed.remote_environment(target, "relay =", hosts("relay", "inner1", "inner2"))

    printed = relayed.run("deploy", "prod", "--skip-host", "relay", code=1)

    assert "cannot connect through relay 'relay': nothing listens on its ssh port" in printed
    assert "Hosts: inner1, inner2" in printed
    assert printed.count("ERROR") == 1


def test_what_ssh_says_on_the_relay_is_told(relayed, server, inner, target):
    (inner.directory / "known").write_text("")
    relayed.remote_environment(target, "", hosts("far.example.com", "inner1"))

    printed = relayed.run("deploy", "prod", code=1)

    assert "cannot connect to host 'inner1': its host key is not the known one" in printed


def test_a_relay_without_ssh_is_explained(relayed, server, target):
    server.programs.write("ssh", "echo 'sh: 1: exec: ssh: not found' >&2; exit 127")
    relayed.remote_environment(target, "", hosts("far.example.com", "inner1"))

    printed = relayed.run("deploy", "prod", code=1)

    assert "cannot connect to host 'inner1': ssh is not installed" in printed


def test_an_unknown_relay_is_an_error_before_anything_is_connected(relayed, server, target):
    relayed.remote_environment(target, "relay =", hosts("relais", "inner1", "inner2"))

    printed = relayed.run("deploy", "prod", code=1)

    assert printed.count("via names the unknown host 'relais'; did you mean 'relay'?") == 2
    assert "environment.cfg:5" in printed
    assert server.logins == 0


def test_relays_must_not_lead_round_in_a_circle(relayed, server, target):
    rest = hosts("inner2", "inner1") + "\n" + hosts("inner1", "inner2")
    relayed.remote_environment(target, "", rest)

    printed = relayed.run("check", "prod", code=1)

    assert "relays lead round in a circle: 'inner1' via 'inner2' via 'inner1'" in printed
    assert printed.count("ERROR") == 1
