"""apt installs what is wanted, from a repository of one package that lies on the host."""

from collections.abc import Callable
from typing import Any

import pytest

from batou.testing.hosts import TestHost

pytestmark = pytest.mark.platform("ubuntu")  # debian has the same apt

REPOSITORY = """\
set -e
mkdir -p /repository/motto/DEBIAN /repository/motto/usr/bin /repository/motto/etc
cd /repository
cat >motto/DEBIAN/control <<END
Package: motto
Version: 1.0
Architecture: all
Maintainer: nobody <nobody@example.com>
Description: prints a motto
END
echo /etc/motto >motto/DEBIAN/conffiles
echo "as little as possible" >motto/etc/motto
printf '#!/bin/sh\\ncat /etc/motto\\n' >motto/usr/bin/motto
chmod 755 motto/usr/bin/motto
dpkg-deb --build motto motto.deb
{
    cat motto/DEBIAN/control
    echo "Filename: ./motto.deb"
    echo "Size: $(stat -c %s motto.deb)"
    echo "SHA256: $(sha256sum motto.deb | cut -d' ' -f1)"
} >Packages
rm -f /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/repository ./' >/etc/apt/sources.list
apt-get update
"""

COMPONENT = """\
from batou.component import Attribute, Component
from batou.lib.package import DPKG


class Packages(Component):
    package = Attribute(str)

    def configure(self):
        self += DPKG(self.package)
"""

ENVIRONMENT = """\
[environment]
connect_method = docker
{more}

[hosts]
{host} = packages

[component:packages]
package = {package}
"""


@pytest.fixture(scope="module")
def host(hosts: Callable[..., tuple[TestHost, ...]]) -> TestHost:
    [host] = hosts("web1", user="app", network="none")
    host.run(REPOSITORY)
    return host


@pytest.fixture
def run(host: TestHost, project: Callable[..., Any], batou: Callable[..., Any]) -> Any:
    """Runs batou with a package: ``run("plan", "motto")``."""
    place = project({"components/packages/component.py": COMPONENT})
    settings = place / "environments/dev/environment.cfg"
    settings.parent.mkdir(parents=True)

    def run(action: str, package: str, more: str = "", expect: int = 0) -> Any:
        text = ENVIRONMENT.format(host=host.container, package=package, more=more)
        settings.write_text(text)
        return batou(place, action, "dev", "--format", "json", expect=expect)

    return run


def outcomes(result: Any) -> list[str]:
    return [event["outcome"] for event in result.events if event["event"] == "outcome"]


def failure(result: Any) -> Any:
    [error] = [event for event in result.events if event["event"] == "failure"]
    return error


def test_package_is_installed_once(host: TestHost, run: Any) -> None:
    planned = run("plan", "motto")
    run("deploy", "motto")

    again = run("deploy", "motto")

    assert outcomes(planned) == ["would update"]
    assert outcomes(again) == []
    assert host.run("motto") == "as little as possible\n"


def test_removed_package_comes_back_and_keeps_what_was_changed(host: TestHost, run: Any) -> None:
    run("deploy", "motto")
    host.run("echo mine >/etc/motto; apt-get -qy remove motto")

    assert outcomes(run("deploy", "motto")) == ["updated"]
    assert host.run("motto") == "mine\n"


def test_failures_tell_what_apt_says_and_who_may(host: TestHost, run: Any) -> None:
    missing = failure(run("deploy", "nothing", expect=1))
    forbidden = failure(run("deploy", "nothing", "service_user = app", expect=1))

    assert "Unable to locate package nothing" in dict(missing["rows"])["STDERR"]
    assert "only root can" in forbidden["headline"]
