"""Units are installed, run, are restarted, and tell why they do not."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from batou.testing.hosts import TestHost
from batou.testing.wait import wait_until

pytestmark = pytest.mark.platform("ubuntu", "debian")  # NixOS makes units itself


@pytest.fixture(scope="module")
def host(hosts: Callable[..., tuple[TestHost, ...]]) -> TestHost:
    [host] = hosts("web1", user="app", systemd=True, network="none")
    wait_until(lambda: host.run("systemctl is-system-running || :") != "", "systemd answers", 60)
    return host


@pytest.fixture
def deploy(host: TestHost, project: Callable[..., Any], batou: Callable[..., Any]) -> Any:
    """Deploys the project to the host: ``deploy(text="other", crash=True, expect=1)``."""

    def run(*command: str, text: str = "hello", crash: bool = False, expect: int = 0) -> Any:
        place = project("project", host=host.container, text=text, crash=str(crash))
        return batou(place, *(command or ("deploy", "dev")), "--format", "json", expect=expect)

    return run


def outcomes(result: Any) -> list[str]:
    """What the components of a run did."""
    return [event["outcome"] for event in result.events if event["event"] == "outcome"]


def property_of(host: TestHost, unit: str, name: str) -> str:
    return host.run(["systemctl", "show", f"--property={name}", "--value", unit]).strip()


def test_services_and_timers_run_and_converge(host: TestHost, deploy: Any) -> None:
    planned = deploy("plan", "dev")
    deploy()
    pid = property_of(host, "web.service", "MainPID")

    again = deploy()

    assert set(outcomes(planned)) == {"would update"}
    assert outcomes(again) == []
    assert host.run("systemctl is-enabled web.service tidy.timer ssh.service").split() == [
        *("enabled", "enabled", "enabled")
    ]
    assert host.run("systemctl is-active web.service tidy.timer ssh.service").split() == [
        *("active", "active", "active")
    ]
    variables = host.run(f"cat /proc/{pid}/environ").split("\0")
    assert {"OWNER=the tests", 'KEY=it\'s "secret" $HOME', "USER=app"} <= set(variables)
    assert "MORE=yes" in property_of(host, "ssh.service", "Environment")
    assert property_of(host, "web.service", "MainPID") == pid
