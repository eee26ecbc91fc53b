"""A transfer that was cut goes on where it was: what has arrived is not sent again."""

import hashlib
import os
import random
import sys

import pytest

pytestmark = [pytest.mark.platform("ubuntu"), pytest.mark.needs("ssh")]

SIZE = 16 << 20
"""Bytes that no compression makes smaller."""

PROJECT = {
    "components/app/component.py": "from batou.component import Component\n"
    "class App(Component):\n    pass\n",
    "environments/dev/environment.cfg": """
[environment]
target_directory = /srv/app

[hosts]
web = app
""",
}


SSH = """\
#!{python}
import os, subprocess, sys

path = os.environ["PATH"].split(os.pathsep, 1)[1]  # without this program
ssh = subprocess.Popen(
    ["ssh", *sys.argv[1:]], stdin=subprocess.PIPE, env={{**os.environ, "PATH": path}}
)
left = {limit}
with open({sent!r}, "ab", 0) as sent:
    while left and (data := os.read(0, min(left, 65536))):
        left -= sent.write(data)
        ssh.stdin.write(data)
        ssh.stdin.flush()
ssh.stdin.close()
sys.exit(ssh.wait())
"""
"""An ssh that hands on *limit* bytes, and keeps a copy."""


def test_what_was_sent_before_the_cut_is_not_sent_again(ssh_hosts, project, batou, tmp_path):
    hosts = ssh_hosts("web", login="root")
    [web] = hosts.hosts
    place = project(PROJECT, hosts.ssh_config)
    (place / "large").write_bytes(random.Random(0).randbytes(SIZE))
    program = tmp_path / "bin/ssh"
    program.parent.mkdir()

    def deploy(name, limit, expect):
        sent = tmp_path / name
        program.write_text(SSH.format(python=sys.executable, limit=limit, sent=str(sent)))
        program.chmod(0o755)
        env = {"PATH": f"{program.parent}:{os.environ['PATH']}"}
        output = batou(place, "deploy", "dev", expect=expect, env=env).output
        return sent.stat().st_size, output

    cut, output = deploy("cut", int(0.9 * SIZE), expect=1)
    rest, _ = deploy("rest", 10 * SIZE, expect=0)
    settings = place / "environments/dev/environment.cfg"
    settings.write_text(settings.read_text().replace("/srv/app", "/srv/other"))
    whole, _ = deploy("whole", 10 * SIZE, expect=0)

    assert "ERROR" in output
    assert cut == int(0.9 * SIZE)
    assert cut + rest <= 1.1 * whole
    digest = web.run("sha256sum </srv/app/large").split()[0]
    assert digest == hashlib.sha256((place / "large").read_bytes()).hexdigest()
