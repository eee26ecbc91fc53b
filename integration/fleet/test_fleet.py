"""Hosts in containers are what tests take them for."""

import os
import subprocess
import sys

import pytest

from batou.process import CmdExecutionError
from batou.testing import leftovers

CONNECT = """\
import socket
try:
    socket.create_connection({place!r}, 60)
except OSError as error:
    print(type(error).__name__, error.errno)
"""


KILLED = """\
import os, signal
from batou.testing.engine import Engine
from batou.testing.fleet import Fleet, Member
from batou.testing.platforms import platform

p = platform({platform!r})
fleet = Fleet(Engine({engine!r}), [Member("web1", p)], images={{p.name: {image!r}}})
with fleet:
    print(fleet.run_id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def pair(hosts):
    return hosts("web1", "web2", user="app")


def test_hosts_find_each_other_by_all_their_names(pair):
    first, second = pair

    for name in ("web2", "web2.example.com"):
        assert first.run(["getent", "hosts", name]).split()[0] == second.address


def test_the_service_user_has_a_home(pair):
    home = pair[0].run("echo ~ && touch ~/file && stat -c %U ~/file", user="app")

    assert home.split() == ["/home/app", "app"]


def test_files_are_told_with_mode_and_content(pair):
    pair[0].run("mkdir ~/t && cd ~/t && echo hi >a && chmod 600 a && ln -s a b", user="app")

    files = pair[0].files("/home/app/t")

    assert files["/home/app/t"].endswith(" directory")
    assert files["/home/app/t/a"].startswith("-rw------- 98ea6e4f216f2fb4")
    assert files["/home/app/t/b"].endswith("-> a")


def test_a_command_that_fails_raises_with_what_it_said(pair):
    with pytest.raises(CmdExecutionError) as caught:
        pair[0].run("echo no >&2; exit 3")

    assert (caught.value.returncode, caught.value.stderr) == (3, "no\n")


def test_a_name_outside_does_not_exist_and_is_listed(pair):
    said = pair[1].run(["python3", "-c", CONNECT.format(place=("www.example.net", 443))])

    assert said.startswith("gaierror")
    assert ("web2", "www.example.net") in [(a.host, a.name) for a in pair[0].fleet.attempts()]


def test_an_address_outside_cannot_be_reached(pair):
    said = pair[1].run(["python3", "-c", CONNECT.format(place=("192.0.2.1", 443))])

    assert said.split() == ["OSError", "101"]  # at once: network is unreachable


def test_one_logs_in_by_ssh_and_becomes_the_service_user(ssh_hosts):
    fleet = ssh_hosts("web1", user="app")

    assert fleet.ssh("web1", "id -un; sudo -ni -u app id -un").split() == ["admin", "app"]


@pytest.mark.platform("ubuntu", "debian")
def test_services_are_looked_after_by_systemd(hosts):
    [host] = hosts("web1", systemd=True, network="none")

    assert host.run("systemctl --failed --no-legend --plain") == ""
    assert host.run("systemctl is-system-running").strip() == "running"


def test_what_a_killed_run_leaves_is_removed_by_the_next(engine, platform, image):
    code = KILLED.format(platform=platform.name, engine=engine.command, image=image)
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    run = done.stdout.strip()
    assert done.returncode == -9
    assert len(leftovers.things(engine, run)) == 3  # the host, the lookout, the network

    leftovers.sweep(engine)

    assert leftovers.things(engine, run) == []


def test_a_batou_that_lives_keeps_what_it_has(pair, engine):
    leftovers.sweep(engine)

    assert pair[0].run("echo here") == "here\n"
    assert str(os.getpid()) in str(leftovers.things(engine, pair[0].fleet.run_id)[0].owner)
