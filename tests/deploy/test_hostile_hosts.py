"""A host that turns against the controller: it is named, and the others go on."""

import os
import shutil
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

EVIL = """
import gc, pickle, struct, time
class Evil(Component):
    def verify(self):
        found = [o for o in gc.get_objects() if type(o).__name__ == "WorkerGateway"]
        line = found[0]._io
        def send(code, data, channel=1):
            line.write(struct.pack("!bii", code, channel, len(data)) + data)
        def text(value):
            data = value.encode()
            return b"N" + struct.pack("!i", len(data)) + data
        def say(**fields):
            items = b"".join(text(key) + value + b"P" for key, value in fields.items())
            send(4, b"J" + items + b"Q")
        {attack}
        time.sleep(600)
class Good(Component):
    def configure(self):
        self += File("good", content="good")
"""

ATTACKS = {
    "list bomb": (r'send(4, b"K\x7f\xff\xff\xffQ")', "it announces 2147483647 items"),
    "announces": (r'line.write(struct.pack("!bii", 4, 1, 2**31 - 1))', "2147483647 bytes"),
    "pickle": (
        r"""data = pickle.dumps(print)
        send(4, b"A" + struct.pack("!i", len(data)) + data + b"Q")""",
        "a bytes instead of a message",
    ),
    "code": (r'send(3, b"import os")', "a message of kind 3"),
    "as if inside": (r'say(say=text("connected"))', "unexpected kind 'connected'"),
    "last words": (
        r'send(6, text("\x1b]0;owned\x07\x1b[2J\u009b2Jboom") + b"Q")',
        "boom",
    ),
}


@pytest.mark.parametrize("attack, why", ATTACKS.values(), ids=ATTACKS)
def test_a_host_that_attacks_while_it_deploys(project, attack, why):
    project.component("app", EVIL.replace("{attack}", attack))
    project.environment("bad = evil, good\nfine = good")

    printed = project.run("deploy", "local", code=1)

    assert "'bad'" in printed
    assert why in printed
    assert "Traceback" not in printed
    assert "\x1b" not in printed
    assert "\x9b" not in printed
    assert (project.work / "good/good").exists()
    assert "1 failed: evil, 1 not reached: good" in printed


def test_what_a_host_says_cannot_command_the_terminal(project):
    project.component(
        "app",
        """
class App(Component):
    def verify(self):
        print("\\x1b]0;owned\\x07a\\x1b[2Jb\\x9b31mc\\u202ed")
        raise RuntimeError("\\x1b]52;c;ZXZpbA==\\x07\\x90evil\\x9c\\u2066 words")
""",
    )
    project.environment("bad = app")

    printed = project.run("deploy", "local", code=1)

    assert "abcd" in printed
    assert not {"\x1b", "\x07", "\x9b", "\x90", "\x9c", "\u202e", "\u2066"} & set(printed)


SSH = """#!/bin/sh
for word; do last=$word; done
case "$*" in *bad*) {greeting} ;; esac
exec sh -c "$last"
"""


@pytest.fixture
def fake_ssh(project, tmp_path_factory):
    """Makes ``ssh`` a program that runs the command here, after a greeting on host bad."""

    def make(greeting):
        directory = tmp_path_factory.mktemp("bin")
        program = directory / "ssh"
        program.write_text(SSH.replace("{greeting}", greeting))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return {"env": {"PATH": f"{directory}{os.pathsep}{os.environ['PATH']}"}}

    project.component("app", "class App(Component):\n pass\n")
    project.write(
        "environments/prod/environment.cfg",
        f"""\
        [environment]
        target_directory = {tmp_path_factory.mktemp("host")}/deployment
        [hosts]
        bad = app
        """,
    )
    return make


@pytest.mark.parametrize(
    "greeting, why",
    [
        ("echo Welcome to bad", "it prints something before Python starts"),
        ("head -c 100000 /dev/zero", "it prints something before Python starts"),
        ("echo 1Welcome; cat /dev/zero", "does not talk as it should"),
        ("echo Go away; exit 1", "it prints something before Python starts"),
    ],
    ids=["banner", "zeros", "endless", "ends"],
)
def test_a_host_that_prints_at_login(project, fake_ssh, greeting, why):
    printed = project.run("deploy", "prod", code=1, **fake_ssh(greeting))

    assert "'bad'" in printed
    assert why in printed
    assert "Traceback" not in printed
    if "Welcome to" in greeting:
        assert "Welcome to bad" in printed


def old_python():
    """An interpreter that is too old, if there is one."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which("python3.8"), shutil.which("python3.9")]
    with suppress(PermissionError):
        found += map(str, sorted(kept.glob("3.[89].*/bin/python")))
    for python in filter(None, found):
        if subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return python
    return None


def test_a_host_with_an_old_python_is_told_so(project, fake_ssh):
    python = old_python()
    if python is None:
        pytest.skip("no Python is old enough here")
    options = fake_ssh(":")
    file = project.path / "environments/prod/environment.cfg"
    text = file.read_text().replace("[hosts]\nbad = app", "[host:bad]\ncomponents = app")
    file.write_text(f"{text}python = {python}\n")

    printed = project.run("deploy", "prod", code=1, **options)

    assert "cannot ship to host 'bad': its Python 3." in printed
    assert f"({python}) is too old" in printed.replace("\n", "")
    assert "Traceback" not in printed
