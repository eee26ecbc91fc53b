"""Two controllers on one host: the second stops and names the first, or waits for it."""

import os
import shutil
import subprocess
import sys

import pytest

from batou.testing.wait import wait_until

pytestmark = pytest.mark.platform("ubuntu")

PROJECT = {
    "components/app/component.py": """
import os
import time

from batou.component import Component


class App(Component):
    def verify(self):
        open("begun", "w").close()
        while not os.path.exists("/tmp/go"):
            time.sleep(0.05)
""",
    "environments/dev/environment.cfg": """
[environment]
connect_method = docker
target_directory = /srv/app

[hosts]
@host@ = app
""",
}


def test_the_second_controller_stops_or_waits(hosts, project, batou, tmp_path):
    [host] = hosts("web", network="none")
    place = project(PROJECT, host=host.container)
    method = os.path.basename(host.fleet.engine.command)
    settings = place / "environments/dev/environment.cfg"
    settings.write_text(settings.read_text().replace("docker", method))
    other = tmp_path / "other"
    shutil.copytree(place, other)

    def start(project, *options):
        return subprocess.Popen(
            [sys.executable, "-m", "batou", "deploy", "dev", *options],
            cwd=project,
            env={**os.environ, "APPENV_BASEDIR": str(project)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    first = start(place)
    begun = "test -e /srv/app/work/app/begun && echo yes || :"
    wait_until(lambda: host.run(begun), "the first controller deploys", seconds=120)
    stopped = batou(other, "deploy", "dev", expect=1)
    waiting = start(other, "--wait-for-lock", "300")
    there = "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'python3 -I -S' | wc -l"
    wait_until(lambda: int(host.run(there)) >= 2, "both are there", seconds=120)
    host.run("touch /tmp/go")
    outputs = [process.communicate(timeout=120)[0] for process in (first, waiting)]

    assert "another run holds this host" in stopped.output
    assert str(first.pid) in stopped.output
    assert (first.returncode, waiting.returncode) == (0, 0), outputs
