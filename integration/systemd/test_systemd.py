"""Units are installed, run, are restarted, and tell why they do not."""

from collections.abc import Callable
from typing import Any

import pytest

from batou.testing.hosts import TestHost
from batou.testing.wait import wait_until

pytestmark = pytest.mark.platform("ubuntu")  # one is enough: it is the same systemd
UNITS = ["web.service", "tidy.timer", "vendor.service"]


@pytest.fixture(scope="module")
def host(hosts: Callable[..., tuple[TestHost, ...]]) -> TestHost:
    [host] = hosts("web1", user="app", systemd=True, network="none")
    asked = "systemctl is-system-running || :"
    wait_until(lambda: host.run(asked).strip() in ("running", "degraded"), "it has booted", 120)
    host.run("cat >/lib/systemd/system/vendor.service", input=VENDOR)
    return host


VENDOR = """\
[Service]
ExecStart=/bin/sleep infinity
ExecReload=/bin/true
[Install]
WantedBy=multi-user.target
"""
"""A unit as a package brings it."""


@pytest.fixture
def run(host: TestHost, project: Callable[..., Any], batou: Callable[..., Any]) -> Any:
    """Runs batou on the project: ``run("deploy", "dev", text="other", expect=1)``."""
    place = project("project", host=host.container)
    settings = place / "environments/dev/environment.cfg"
    template = settings.read_text()

    def run(*command: str, text: str = "hello", crash: bool = False, expect: int = 0) -> Any:
        settings.write_text(template.replace("@text@", text).replace("@crash@", str(crash)))
        return batou(place, *command, "--format", "json", expect=expect)

    return run


def outcomes(result: Any) -> list[str]:
    """What the components of a run did."""
    return [event["outcome"] for event in result.events if event["event"] == "outcome"]


def failure(result: Any) -> Any:
    """The first error of a run."""
    return next(event for event in result.events if event["event"] == "failure")


def show(host: TestHost, unit: str, name: str) -> str:
    """A property of a unit."""
    return host.run(["systemctl", "show", f"--property={name}", "--value", unit]).strip()


def test_services_and_timers_run_and_converge(host: TestHost, run: Any) -> None:
    planned = run("plan", "dev")
    run("deploy", "dev")
    pid = show(host, "web.service", "MainPID")

    again = run("deploy", "dev")

    assert set(outcomes(planned)) == {"would update"}
    assert outcomes(again) == []
    assert host.run(["systemctl", "is-enabled", *UNITS]).split() == ["enabled"] * 3
    assert host.run(["systemctl", "is-active", *UNITS]).split() == ["active"] * 3
    variables = host.run(f"cat /proc/{pid}/environ", user="app").split("\0")
    assert {"OWNER=the tests", 'KEY=it\'s "secret" $HOME', "USER=app"} <= set(variables)
    assert "MORE=yes" in show(host, "vendor.service", "Environment")
    assert show(host, "web.service", "MainPID") == pid


def test_a_change_restarts_and_what_was_stopped_is_started(host: TestHost, run: Any) -> None:
    run("deploy", "dev")
    pids = [show(host, "web.service", "MainPID")]

    run("deploy", "dev", text="other")
    pids.append(show(host, "web.service", "MainPID"))
    host.run("systemctl stop web.service")
    run("deploy", "dev", text="other")
    pids.append(show(host, "web.service", "MainPID"))

    assert len({*pids, "0"}) == 4


def test_a_service_that_ends_tells_its_journal(host: TestHost, run: Any) -> None:
    error = failure(run("deploy", "dev", crash=True, expect=1))

    facts = dict(error["rows"])
    assert "unit 'web.service'" in error["headline"]
    assert "web.service" in facts["Status"]
    assert "port is taken by the tests" in facts["Journal"]
    assert "journalctl --unit=web.service" in error["hint"]


def test_units_of_a_user_need_lingering(host: TestHost, run: Any) -> None:
    assert set(outcomes(run("plan", "user"))) == {"would update"}
    refused = failure(run("deploy", "user", expect=1))
    host.run(LET_LINGER)

    run("deploy", "user")
    again = run("deploy", "user")

    assert refused["hint"] == "run once, as root: loginctl enable-linger app"
    assert outcomes(again) == []
    pid = host.run("pgrep -u app -f 'sleep 1000'").strip()
    assert f"user@{host.run('id -u app').strip()}.service/" in host.run(f"cat /proc/{pid}/cgroup")


LET_LINGER = """\
set -e
rm -f /etc/systemd/system/systemd-logind.service  # images mask it
mkdir -p /etc/systemd/system/user@.service.d
printf '[Service]\\nPAMName=\\nEnvironment=XDG_RUNTIME_DIR=/run/user/%%i HOME=/home/app\\n' \
    >/etc/systemd/system/user@.service.d/test.conf  # instead of pam_systemd, which is missing
systemctl daemon-reload
systemctl start systemd-logind.service
loginctl enable-linger app
systemctl start "user@$(id -u app).service"
"""
