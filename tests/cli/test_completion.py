"""Shell completion: what is offered, and that the scripts work in their shells."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from batou.cli import cli

ENVIRONMENT = """
[hosts]
db1 = postgres
!web1 = app:web, !nginx

[host:web2]
components =
    app
    cron
"""

COMPONENT = """
from batou.component import *
raise SystemExit("components must not be imported for completion")

class Helper:
    pass

class App(Component):
    port = Attribute(int, 8080)
    path: str = "x"
    _hidden = 1
    namevar = ""

    def configure(self):
        port = 1
        self.inner = 2

class Other(
    Component,
):
    elsewhere = 1
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project, the current directory being somewhere in it."""
    write(tmp_path / "environments" / "prod" / "environment.cfg", ENVIRONMENT)
    write(tmp_path / "environments" / "staging" / "environment.cfg", "[hosts]\n")
    write(tmp_path / "environments" / "broken" / "environment.cfg", "no section\n")
    write(tmp_path / "components" / "app" / "component.py", COMPONENT)
    monkeypatch.delenv("APPENV_BASEDIR", raising=False)
    monkeypatch.chdir(tmp_path / "components")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def offered(*args: str) -> list[str]:
    """What is offered for the last one of *args*."""
    *before, incomplete = args
    completer = ShellComplete(cli, {}, "batou", "_BATOU_COMPLETE")
    return [item.value for item in completer.get_completions(before, incomplete)]


# What is offered


@pytest.mark.parametrize("command", ["deploy", "plan", "check", "graph", "explain"])
def test_environments_are_offered(project, command):
    assert offered(command, "") == ["broken", "prod", "staging"]
    assert offered(command, "st") == ["staging"]


def test_hosts_of_the_environment_are_offered(project):
    assert offered("explain", "prod", "") == ["db1", "web1", "web2"]
    assert offered("explain", "prod", "w") == ["web1", "web2"]


def test_hosts_are_offered_after_the_option(project):
    assert offered("graph", "prod", "--host", "") == ["db1", "web1", "web2"]
    assert offered("deploy", "prod", "--skip-host", "d") == ["db1"]
    assert offered("graph", "--host", "") == []


def test_components_of_the_host_are_offered(project):
    assert offered("explain", "prod", "web1", "") == ["app", "nginx"]
    assert offered("explain", "prod", "web2", "c") == ["cron"]


def test_components_of_the_environment_are_offered_after_the_option(project):
    assert offered("graph", "prod", "--component", "") == ["app", "cron", "nginx", "postgres"]


def test_without_an_environment_components_of_the_project_are_offered(project):
    assert offered("graph", "--component", "") == ["app", "other"]


def test_attributes_of_the_component_are_offered(project):
    assert offered("explain", "prod", "web1", "app", "") == ["path", "port"]
    assert offered("explain", "prod", "web1", "Other", "") == ["elsewhere"]
    assert offered("explain", "prod", "web1", "unknown", "") == []


def test_an_environment_that_cannot_be_read_offers_nothing(project):
    assert offered("explain", "broken", "") == []
    assert offered("explain", "missing", "") == []


def test_outside_of_a_project_nothing_is_offered(tmp_path, monkeypatch):
    monkeypatch.delenv("APPENV_BASEDIR", raising=False)
    monkeypatch.chdir(tmp_path)

    assert offered("graph", "") == []
    assert offered("explain", "prod", "") == []
    assert offered("graph", "--component", "") == []


def test_the_launcher_tells_where_the_project_is(project, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("APPENV_BASEDIR", str(project))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    assert offered("graph", "") == ["broken", "prod", "staging"]


# The scripts


@pytest.fixture
def launcher(project):
    """``./batou``, as a project has it."""
    path = project / "batou"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m batou "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def in_shell(shell: list[str], script: str, project: Path) -> str:
    """What *script* prints in *shell*."""
    environ = {**os.environ, "HOME": str(project), "NO_COLOR": "1"}
    done = subprocess.run(
        [*shell, "-c", script],
        cwd=project,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.needs("bash")
def test_bash_completes_the_batou_that_was_typed(launcher, project):
    script = """
        source <(./batou completion bash)
        complete -p batou
        comp() {
            COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=()
            _batou_completion "$1"
            echo "${COMPREPLY[@]}"
        }
        comp ./batou gra
        comp ./batou explain prod ""
        comp ./batou graph prod --host w
    """

    printed = in_shell(["bash", "--norc"], script, project).splitlines()

    assert printed[0].endswith("-F _batou_completion batou")
    assert printed[1:] == ["graph", "db1 web1 web2", "web1 web2"]


@pytest.mark.needs("zsh")
def test_zsh_completes_the_batou_that_was_typed(launcher, project):
    script = """
        compdef() { print "compdef $@" }
        compadd() { print -r -- "${completions[@]}" }
        source <(./batou completion zsh)
        comp() { words=("$@"); CURRENT=$#; _batou_completion }
        comp ./batou explain prod ""
        comp "~/batou" graph prod --host w
    """

    printed = in_shell(["zsh", "-f"], script, project).splitlines()

    assert printed == ["compdef _batou_completion batou", "db1 web1 web2", "web1 web2"]


@pytest.mark.needs("fish")
def test_fish_completes_the_batou_that_was_typed(launcher, project):
    script = """
        ./batou completion fish | source
        complete -C "./batou explain prod "
        complete -C "~/batou graph prod --host w"
    """

    printed = in_shell(["fish", "--no-config"], script, project).splitlines()

    assert printed == ["db1", "web1", "web2", "web1", "web2"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_says_how_to_install_it(shell):
    from batou.cli.completion import script

    text = script(shell)

    assert f"# For good: batou completion {shell} > " in text
    assert text.startswith("#compdef batou\n" if shell == "zsh" else "# Completion of batou")
    assert f"_BATOU_COMPLETE={shell}_complete" in text


def test_another_shell_is_wrong_usage():
    from batou.cli.completion import command

    with pytest.raises(click.BadParameter, match="'tcsh' is not one of 'bash', 'zsh', 'fish'"):
        command.main(["tcsh"], standalone_mode=False)
