"""`batou.lib.systemd`: what it tells systemctl, and when; integration/systemd has a real one."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import batou.lib.service
from batou.component import Component, RootComponent
from batou.errors import ConfigurationError
from batou.lib.file import File
from batou.lib.systemd import (
    CannotEnable,
    Companion,
    Disabled,
    DropIn,
    Enabled,
    Masked,
    NoLingering,
    NoManager,
    Running,
    Service,
    Stopped,
    Timer,
    Unit,
    UnitFailed,
)
from batou.lib.systemd.syntax import command_line, quoted, unit_file
from batou.vfs import Map

Make = Callable[[], Component]

SYSTEMCTL = """#!/bin/sh
# answers for one unit, whose properties are in the file `state`
echo "$*" >> {0}/log
case "$*" in
    *-pVersion*) test -e {0}/state || {{ echo "Can't operate." >&2; exit 1; }} ;;
    *" show "*) cat {0}/state 2>&1 || exit 1 ;;
    *daemon-reload*) sed -i s/NeedDaemonReload=.*/NeedDaemonReload=no/ {0}/state
        sed -i s/LoadState=not-found/LoadState=loaded/ {0}/state ;;
    *" reenable "*|*" enable "*) sed -i s/=disabled/=enabled/ {0}/state ;;
    *" disable "*) sed -i s/=enabled/=disabled/ {0}/state ;;
    *" mask "*) sed -i s/LoadState=.*/LoadState=masked/ {0}/state ;;
    *" stop "*) sed -i s/ActiveState=.*/ActiveState=inactive/ {0}/state ;;
    *" status "*) echo "the status" ;;
    *" start "*|*" restart "*|*" reload-or-restart "*)
        test -e {0}/broken && {{ echo "Job failed." >&2; exit 1; }}
        sed -i s/ActiveState=.*/ActiveState=active/ {0}/state ;;
esac
"""
LOGINCTL = "#!/bin/sh\ncat {0}/linger\n"
JOURNALCTL = "#!/bin/sh\necho the journal\n"
NEW = {
    "LoadState": "not-found",
    "ActiveState": "inactive",
    "SubState": "dead",
    "UnitFileState": "disabled",
    "NeedDaemonReload": "no",
    "Result": "success",
    "Type": "simple",
    "NRestarts": "0",
    "ExecMainExitTimestampMonotonic": "0",
}
UP = {**NEW, "LoadState": "loaded", "ActiveState": "active", "UnitFileState": "enabled"}


class Systemd:
    """A stand-in for systemctl that knows one unit, and notes what it is told."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        programs = {"systemctl": SYSTEMCTL, "loginctl": LOGINCTL, "journalctl": JOURNALCTL}
        for name, script in programs.items():
            (directory / name).write_text(script.format(directory))
            (directory / name).chmod(0o755)
        self.linger(True)

    def linger(self, does: bool) -> None:
        (self.directory / "linger").write_text(f"Linger={'yes' if does else 'no'}\n")

    def know(self, state: dict[str, str], **changed: str) -> None:
        """The unit is in *state*, but for what is *changed*."""
        (self.directory / "log").write_text("")
        lines = [f"{key}={value}" for key, value in {**state, **changed}.items()]
        (self.directory / "state").write_text("\n".join(lines) + "\n")

    def done(self) -> list[str]:
        """What it was told to do, questions aside."""
        told = [line.replace("--user ", "") for line in self._log()]
        told = [line.removeprefix("--no-ask-password ") for line in told]
        return [line for line in told if line.split()[0] not in ("show", "status")]

    def _log(self) -> list[str]:
        return (self.directory / "log").read_text().splitlines()

    def asked_as_user(self) -> set[bool]:
        return {line.startswith("--user ") for line in self._log()}


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    """The stand-in on PATH; a home directory of the test's own."""
    stand_in = Systemd(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(stand_in.directory), prepend=os.pathsep)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    stand_in.know(NEW)
    return stand_in


def deploy(root: RootComponent, *make: Make, predict_only: bool = False) -> bool:
    """Deploy what *make* makes in a new tree, as each run does; returns whether it changed."""
    root.prepare()
    for component in make:
        root.component += component()
    root.component.deploy(predict_only)
    return bool(root.component.changed)


INSTALLED = "[Service]\nExecStart=/bin/app {{host.name}}\n[Install]\nWantedBy=default.target\n"


def unit(name: str = "app.service", **kw: Any) -> Make:
    return lambda: Unit(name, **{"content": INSTALLED, "user": True, "settle": 0, **kw})


def test_new_unit_is_installed_enabled_and_started(
    root: RootComponent, systemd: Systemd, tmp_path: Path
) -> None:
    deploy(root, unit())

    file = tmp_path / "home/.config/systemd/user/app.service"
    assert "ExecStart=/bin/app localhost\n" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert systemd.done() == ["daemon-reload", "enable -- app.service", "restart -- app.service"]
    assert systemd.asked_as_user() == {True}


def test_second_deployment_asks_but_does_nothing(root: RootComponent, systemd: Systemd) -> None:
    deploy(root, unit())
    systemd.know(UP)

    assert not deploy(root, unit())
    assert systemd.done() == []


def test_changed_unit_is_read_again_and_restarted(root: RootComponent, systemd: Systemd) -> None:
    deploy(root, unit())
    systemd.know(UP, NeedDaemonReload="yes")

    deploy(root, unit(content=INSTALLED + "# changed\n", on_change="reload"))

    assert systemd.done() == ["daemon-reload", "reenable -- app.service", "restart -- app.service"]


def test_unit_is_restarted_with_what_added_it(root: RootComponent, systemd: Systemd) -> None:
    deploy(root, unit())
    systemd.know(UP)

    deploy(root, lambda: File("app.conf", content="x"), unit())

    assert systemd.done() == ["restart -- app.service"]


def test_unit_reloads_for_its_dependencies_only(root: RootComponent, systemd: Systemd) -> None:
    conf: list[File] = []

    def make(content: str) -> list[Make]:
        def file() -> File:
            conf[:] = [File("app.conf", content=content)]
            return conf[0]

        return [
            file,
            lambda: File("other", content=content),
            lambda: Unit(
                "app.service",
                content=INSTALLED,
                user=True,
                settle=0,
                dependencies=conf,
                on_change="reload",
            ),
        ]

    deploy(root, *make("a"))
    systemd.know(UP)

    deploy(root, *make("b"))

    assert systemd.done() == ["reload-or-restart -- app.service"]


def test_failed_unit_is_reset_and_started(root: RootComponent, systemd: Systemd) -> None:
    deploy(root, unit())
    systemd.know(UP, ActiveState="failed")

    deploy(root, unit())

    assert systemd.done() == ["reset-failed -- app.service", "start -- app.service"]


def test_unit_may_be_left_alone_or_kept_off(root: RootComponent, systemd: Systemd) -> None:
    deploy(root, unit(enable=None, running=None))
    alone = systemd.done()
    systemd.know(UP)
    deploy(root, unit(enable=False, running=False))

    assert alone == ["daemon-reload"]
    assert systemd.done() == ["disable -- app.service", "stop -- app.service"]


def test_failure_tells_status_and_journal(root: RootComponent, systemd: Systemd) -> None:
    (systemd.directory / "broken").touch()

    with pytest.raises(UnitFailed, match=r"'app\.service' cannot be started: Job failed") as caught:
        deploy(root, unit())

    assert caught.value.rows() == [("Status", "the status"), ("Journal", "the journal")]
    assert "journalctl --user-unit=app.service" in (caught.value.hint() or "")


def test_unit_that_ends_at_once_has_failed(root: RootComponent, systemd: Systemd) -> None:
    systemd.know(NEW, SubState="failed", Result="exit-code")
    path = systemd.directory / "systemctl"
    path.write_text(path.read_text().replace("ActiveState=active", "ActiveState=failed"))

    with pytest.raises(UnitFailed, match=r"is failed \(failed, exit-code\), wanted active"):
        deploy(root, unit())


def test_unit_that_takes_too_long_has_failed(root: RootComponent, systemd: Systemd) -> None:
    path = systemd.directory / "systemctl"
    path.write_text(path.read_text().replace("ActiveState=active", "ActiveState=activating"))

    with pytest.raises(UnitFailed, match=r"'app.timer' is .* after 1 s"):
        deploy(root, lambda: Running("app.timer", timeout=1))


def test_job_that_ran_well_is_up(root: RootComponent, systemd: Systemd) -> None:
    systemd.know(NEW, LoadState="loaded", Type="oneshot", ExecMainExitTimestampMonotonic="1")

    assert not deploy(root, lambda: Running("app.service"))


def test_unit_without_install_section_is_told(root: RootComponent, systemd: Systemd) -> None:
    systemd.know(NEW, UnitFileState="static")

    with pytest.raises(CannotEnable, match="it is 'static'") as caught:
        deploy(root, unit())

    assert "[Install]" in (caught.value.hint() or "")


def test_states_of_units_of_others(root: RootComponent, systemd: Systemd) -> None:
    systemd.know(UP)
    wanted: list[Make] = [lambda: Enabled("nginx.service"), lambda: Running("nginx.service")]
    unwanted: list[Make] = [
        lambda: Disabled("nginx.service"),
        lambda: Stopped("nginx.service"),
        lambda: Masked("nginx.service"),
    ]

    assert not deploy(root, *wanted)
    assert deploy(root, *unwanted)
    assert systemd.done() == [
        "disable -- nginx.service",
        "stop -- nginx.service",
        "mask -- nginx.service",
        "stop -- nginx.service",
    ]
    assert not deploy(root, *unwanted)
    assert systemd.asked_as_user() == {False}


def test_plan_works_without_systemd(root: RootComponent, systemd: Systemd, tmp_path: Path) -> None:
    (systemd.directory / "state").unlink()

    assert deploy(root, unit(), predict_only=True)

    assert [part.changed for part in root.component._.sub_components] == [
        *(False, True, True, True, True)
    ]
    assert not (tmp_path / "home").exists()


def test_host_without_systemd_is_told_before_anything_changes(
    root: RootComponent, systemd: Systemd, tmp_path: Path
) -> None:
    (systemd.directory / "state").unlink()

    with pytest.raises(NoManager, match="Can't operate"):
        deploy(root, unit())

    assert not (tmp_path / "home").exists()


def test_host_without_systemctl_is_told(
    root: RootComponent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoManager) as caught:
        deploy(root, lambda: Running("nginx.service"))

    assert "has no systemctl" in (caught.value.hint() or "")


def test_user_has_to_linger(root: RootComponent, systemd: Systemd) -> None:
    systemd.linger(False)

    with pytest.raises(NoLingering, match="does not linger") as caught:
        deploy(root, unit())

    assert "loginctl enable-linger " in (caught.value.hint() or "")


def test_in_a_sandbox_only_the_file_is_written(root: RootComponent, systemd: Systemd) -> None:
    base = root.workdir
    root.environment.vfs_sandbox = Map(root.environment, {"/etc": f"{base}/etc"})

    deploy(root, unit(user=False))

    assert os.listdir(f"{base}/etc/systemd/system") == ["app.service"]
    assert systemd.done() == []


def test_content_comes_from_the_file_beside_the_component(
    root: RootComponent, systemd: Systemd, tmp_path: Path
) -> None:
    Path(root.defdir, "app.service").write_text("[Service]\nExecStart={{component.workdir}}/app\n")

    deploy(root, lambda: Unit("app.service", user=True, settle=0))

    file = tmp_path / "home/.config/systemd/user/app.service"
    assert f"ExecStart={root.workdir}/app" in file.read_text()


def test_drop_in_adds_to_a_unit(root: RootComponent, systemd: Systemd, tmp_path: Path) -> None:
    systemd.know(UP, NeedDaemonReload="yes")

    deploy(root, lambda: DropIn("nginx.service", content="[Service]\nNice=5\n", user=True))

    file = tmp_path / "home/.config/systemd/user/nginx.service.d/batou.conf"
    assert file.read_text() == "[Service]\nNice=5\n"
    assert systemd.done() == ["daemon-reload"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Unit("app"), "'app' is no name of a unit"),
        (lambda: Unit("../app.service"), "is no name of a unit"),
        (lambda: Unit("app@.service", content="x"), r"Running\('app@NAME.service'\)"),
        (lambda: DropIn("nginx", content="x"), "is no name of a unit"),
        (lambda: Running("nginx"), "something like 'nginx.service'"),
        (lambda: Running("nginx.service", on_change="stop"), "expected 'restart' or 'reload'"),
        (lambda: Service("app.service", command="x"), "such as 'app'"),
        (lambda: Service("app"), "has no command"),
        (lambda: Service("app", command="x", user=True, run_as="www"), "exclude each other"),
        (lambda: Timer("app"), "either a command or a unit"),
    ],
)
def test_wrong_use_is_told_while_configuring(root: RootComponent, make: Make, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        root.component += make()


def test_service_is_made_from_a_command(
    root: RootComponent, systemd: Systemd, tmp_path: Path
) -> None:
    def make() -> Service:
        return Service(
            "app",
            command="bin/app --port 80",
            env={"A": 'x "y" 5%'},
            secret_env={"KEY": "s3cret"},
            options={"Nice": 5, "ExecStartPre": ["/bin/true", "/bin/false"], "PrivateTmp": True},
            unit_options={"After": "network.target"},
            user=True,
            settle=0,
        )

    deploy(root, make)

    text = (tmp_path / "home/.config/systemd/user/app.service").read_text()
    secrets = Path(root.workdir, "app.secret.env")
    assert text.splitlines()[1:] == [
        "",
        "[Unit]",
        "Description=app",
        "After=network.target",
        "",
        "[Service]",
        "Type=simple",
        f"ExecStart={root.workdir}/bin/app --port 80",
        f"WorkingDirectory={root.workdir}",
        'Environment="A=x \\"y\\" 5%%"',
        "Restart=on-failure",
        "Nice=5",
        "ExecStartPre=/bin/true",
        "ExecStartPre=/bin/false",
        "PrivateTmp=yes",
        f"EnvironmentFile={secrets}",
        "",
        "[Install]",
        "WantedBy=default.target",
    ]
    assert secrets.read_text() == 'KEY="s3cret"\n'
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600


def test_changed_secret_restarts_the_service(root: RootComponent, systemd: Systemd) -> None:
    def make(secret: str) -> Make:
        return lambda: Service(
            "app",
            command="/bin/app",
            secret_env={"KEY": secret},
            dependencies=(),
            user=True,
            settle=0,
        )

    deploy(root, make("old"))
    systemd.know(UP)

    deploy(root, make("new"))

    assert systemd.done() == ["restart -- app.service"]


def test_timer_starts_a_service_of_its_own(
    root: RootComponent, systemd: Systemd, tmp_path: Path
) -> None:
    def make() -> Timer:
        return Timer(
            "tidy", command=["/bin/tidy", "$HOME"], calendar=["hourly", "*-*-* 4:00"], user=True
        )

    deploy(root, make)

    units = tmp_path / "home/.config/systemd/user"
    service, timer = (units / "tidy.service").read_text(), (units / "tidy.timer").read_text()
    assert 'ExecStart=/bin/tidy "$$HOME"\n' in service
    assert "Type=oneshot\n" in service
    assert "[Install]" not in service
    assert "OnCalendar=hourly\nOnCalendar=*-*-* 4:00\nPersistent=yes\n" in timer
    assert [line for line in systemd.done() if "tidy.service" in line] == []


def test_timer_may_start_another_unit(
    root: RootComponent, systemd: Systemd, tmp_path: Path
) -> None:
    deploy(root, lambda: Timer("tidy", unit="other.service", random_delay="5min", user=True))

    text = (tmp_path / "home/.config/systemd/user/tidy.timer").read_text()
    assert "Unit=other.service\n" in text
    assert "RandomizedDelaySec=5min\n" in text


def test_companion_starts_a_service_of_the_library(
    root: RootComponent, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batou.lib.service.Service, "_platforms", {"mine": Companion}, raising=False)
    root.host.platform = "mine"
    base = root.workdir
    root.environment.vfs_sandbox = Map(
        root.environment, {"/etc": f"{base}/etc", os.environ["HOME"]: f"{base}/home"}
    )
    root.component += batou.lib.service.Service("bin/app.sh", pidfile="app.pid")
    service = root.component._
    root.component.deploy()

    service.start()

    [file] = Path(base).glob("**/mycomponent-app-sh.service")
    assert f"ExecStart={base}/bin/app.sh\n" in file.read_text()
    assert f"Type=forking\nExecStart={base}/bin/app.sh" in file.read_text()
    assert f"PIDFile={base}/app.pid\n" in file.read_text()
    assert systemd.done() == ["restart -- mycomponent-app-sh.service"]


def test_words_are_taken_literally() -> None:
    assert quoted("a\\b\n") == '"a\\\\b\\n"'
    assert command_line(["/bin/a b", "50%"], "/") == '"/bin/a b" 50%%'
    assert command_line("@bin/a $X", "/srv/50%") == "@/srv/50%%/bin/a $X"
    for absolute in ("/bin/a", "-/bin/a", "a b/c", "${X}/a", "%h/a"):
        assert command_line(absolute, "/srv") == absolute


def test_long_values_are_continued() -> None:
    text = unit_file({"Service": [("ExecStart", "/bin/a\n  --b"), ("User", None)], "Unit": []})

    assert text.endswith("\n\n[Service]\nExecStart=/bin/a \\\n  --b\n")
