"""No secret is seen anywhere but in the file that is meant to hold it.

Projects with canaries for secrets are deployed here and over a real sshd, and all
that a run leaves, shows or starts is searched. The last tests leak on purpose, to
see that the search finds it.
"""

import os
import tempfile
from pathlib import Path

import pytest

from batou.testing.leaks import Searcher, canary

SSHD = "/usr/sbin/sshd"

COMPONENT = """
import base64, json, os, shlex, urllib.parse

class App(Component):
    password = Attribute(str)
    key = Attribute(str)
    fails = Attribute("literal", False)

    def configure(self):
        self.license = self.environment.secret_files["license.txt"]
        self.blob = self.environment.secret_files["blob.bin"]
        self.token = self.host.data["token"]
        self.log("configured with %s and %s", self.password, self.token)
        for name in ("password", "key", "license", "token"):
            self += File(name, content=getattr(self, name), is_template=False, mode=0o600)
        self.account = self.environment.secret_files["account.json"]
        self += File("account.json", content=self.account, mode=0o600)
        self += File("made", content="{{host.name}} " + self.token, mode=0o600)
        self += Blob("blob", content=self.blob)
        self += File("conf", content="password = {{component.password}} # and more\\n", mode=0o640)
        self += Talkative(self.password, key=self.key)
        if self.fails == "configuring":
            raise ValueError(self.password)

class Blob(Component):
    namevar = "path"
    content = None
    def configure(self):
        self.path = self.map(self.path)
    def verify(self):
        if not os.path.exists(self.path):
            raise batou.UpdateNeeded(f"{self.content!r} is not there")
    def update(self):
        with open(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(self.content)

class Talkative(Component):
    namevar = "password"
    key = None
    def verify(self):
        for secret in (self.password, self.key):
            for text in (secret, repr(secret), json.dumps(secret), shlex.quote(secret),
                         urllib.parse.quote(secret), urllib.parse.quote_plus(secret),
                         secret.encode().hex(), repr(secret.encode())):
                self.log("it is %s", text)
                print("it is", text)
            for before in ("", "u", "us", "use"):
                coded = base64.b64encode((before + secret + ":more").encode()).decode()
                batou.output.annotate(coded, debug=False)
        out, err = self.cmd(["cat"], input=self.password)
        assert out == self.password
        fails = self.parent.fails
        if fails == "command":
            self.cmd(["sh", "-c", "cat >&2; exit 3"], input=self.password)
        elif fails == "raising":
            raise RuntimeError("cannot log in", {"password": self.password, "key": self.key})
        elif fails == "key":
            {}[self.password]
        if not os.path.exists("talked"):
            raise batou.UpdateNeeded(f"{self.password} is not set")
    def update(self):
        self.touch("talked")
"""

WORDS = ("password", "ending", "key", "keyline", "token", "license", "blob", "account", "unused")


class Deployment:
    """A project with canaries, and where it is deployed to."""

    def __init__(self, project, target: Path) -> None:
        self.project = project
        self.target = target
        self.words = {name: canary(name) for name in WORDS}
        self.searcher = Searcher(self.words)
        self.env: dict[str, str] = {}
        self.allowed: dict[Path, int] = {}

    def make(self, settings: str, hosts: str, component: str = COMPONENT) -> None:
        """Write the project; *settings* are lines of ``[environment]``."""
        self.project.component("app", component)
        self.project.write(
            "environments/local/environment.cfg",
            f"[environment]\n{settings}\n[hosts]\n{hosts}\n[component:app]\nfails = False\n",
        )
        words = self.words
        text = (
            f"[app]\npassword = {words['password']}'\"$%&/ö<>\\{words['ending']}\n"
            f"key =\n    first {words['key']} line\n    second: {words['keyline']}\n"
            f"[host:one]\ndata-token = {words['token']}\n"
            f"[unused]\nanswer = {words['unused']}\n"
        )
        self.project.component("unused", "class Unused(Component):\n  answer = None\n")
        self.env = self.project.secrets(
            text,
            license_txt=f"This is\n  licensed to {words['license']}\n".encode(),
            account_json=f'{{"account": {{"key": "{words["account"]}"}}}}'.encode(),
            blob_bin=b"\xff\xfe\x00" + words["blob"].encode(),
        )
        work = self.target / "work/app"
        names = ("password", "key", "license", "token", "blob", "account.json", "made")
        self.allowed = {work / name: 0o600 for name in names}
        self.allowed[work / "conf"] = 0o640

    def fail(self, how: str) -> None:
        """From now on the component fails."""
        path = self.project.path / "environments/local/environment.cfg"
        path.write_text(path.read_text().replace("fails = False", f"fails = {how!r}"))

    def run(self, *args: str, code: int = 0) -> str:
        """Run batou while everything is watched, and search what it prints."""
        temporary = {Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")}
        with self.searcher.watching(temporary, self.seen):
            printed = self.project.run(*args, code=code, env=self.env)
        self.searcher.search(printed, f"what {' '.join(args)} prints")
        return printed

    def seen(self) -> None:
        """Let a component go on that waits until its leak was seen."""
        (self.project.path / "seen").touch()

    def search(self, *more: Path) -> list[tuple[str, str, str]]:
        """What is found after all in the project, at the target and in *more* directories."""
        places = {self.project.path, self.target, *more}
        tops = [p for p in places if not any(p != q and p.is_relative_to(q) for q in places)]
        for place in tops:
            own = {path: mode for path, mode in self.allowed.items() if path.is_relative_to(place)}
            self.searcher.search_tree(place, {p: m for p, m in own.items() if p.exists()})
        return sorted((hit.name, hit.form, hit.place) for hit in self.searcher.hits)


@pytest.fixture
def local(project):
    """A deployment to this machine."""
    deployment = Deployment(project, project.path)
    deployment.make("connect_method = local", "one = app")
    return deployment


@pytest.fixture
def remote(project, server, target):
    """A deployment over sshd."""
    deployment = Deployment(project, target)
    deployment.make(f"target_directory = {target}", "one = app")
    project.write("ssh_config", server.config("one"))
    return deployment


@pytest.fixture(params=["local", pytest.param("remote", marks=pytest.mark.needs(SSHD, "ssh"))])
def deployment(request):
    return request.getfixturevalue(request.param)


def state_of_user() -> list[Path]:
    """Where batou might keep something for a user."""
    home = Path.home()
    return [path for path in (home / ".batou", home / ".cache/batou") if path.exists()]


def test_a_deployment_shows_and_leaves_no_secret(deployment):
    first = deployment.run("deploy", "local")
    deployment.run("deploy", "local", "--format", "json")
    deployment.run("plan", "local")
    deployment.run("secrets", "who")
    deployment.run("secrets", "check", code=1)

    assert "it is ***" in first
    assert deployment.search(*state_of_user()) == []
    assert all(path.exists() for path in deployment.allowed)


@pytest.mark.parametrize("how", ["configuring", "command", "raising", "key"])
def test_an_error_shows_no_secret(deployment, how):
    deployment.fail(how)

    printed = deployment.run("--debug", "deploy", "local", code=1)
    deployment.run("deploy", "local", "--format", "json", code=1)

    assert "ERROR" in printed
    assert deployment.search(*state_of_user()) == []


@pytest.mark.needs(SSHD, "ssh", "ssh-keygen")
def test_a_host_does_not_see_the_secrets_of_another_one(project, server, target):
    deployment = Deployment(project, target)
    deployment.make(f"target_directory = {target}", "one = app\ntwo = spy")
    project.component(
        "spy",
        """
class Spy(Component):
    def verify(self):
        environment = self.environment
        for found in (environment.overrides, environment.secret_files, environment.secret_data,
                      *(host.data for host in environment.hosts.values())):
            held = dict.items(found) if isinstance(found, dict) else found
            with open("/proc/self/cwd/spied", "a") as file:
                file.write(f"{[(str(key)) for key in held]}{[str(value) for value in held]}")
                file.write("".join(str(value) for pair in held for value in pair))
""",
    )
    project.write("ssh_config", server.config("one") + server.config("two"))

    deployment.run("deploy", "local", "--host", "two")

    assert (target / "work/spy/spied").read_text()
    assert deployment.search() == []


# The search itself: what leaks is found

LEAKS = {
    "reversed": "print(self.password[::-1])",
    "argv": "self.cmd(['python3', '-c', WAIT, self.environment.base_dir, self.password])",
    "environment": "self.cmd(['python3', '-c', WAIT, self.environment.base_dir],"
    " env={'PASSWORD': self.password})",
    "shared file": "open('for-all', 'w').write(self.password)",
    "temporary file": "wait_with(self)",
    "exception": "raise RuntimeError(self.password.upper())",
    "file name": "open(self.password.replace('/', ''), 'w').close()",
}

LEAKY = """
import os, tempfile, time
WAIT = '''
import os, sys, time
end = time.monotonic() + 60
while not os.path.exists(sys.argv[1] + "/seen") and time.monotonic() < end:
    time.sleep(0.02)
'''
def wait_with(component):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(component.password)
        file.flush()
        component.cmd(["python3", "-c", WAIT, component.environment.base_dir])

class App(Component):
    password = Attribute(str)
    key = Attribute(str)
    fails = None
    def verify(self):
        LEAK
"""


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("reversed", "what deploy local prints"),
        ("argv", "the cmdline of a process"),
        ("environment", "the environ of a process"),
        ("shared file", "work/app/for-all"),
        ("temporary file", tempfile.gettempdir()),
        ("exception", "what deploy local prints"),
        ("file name", "the name "),
    ],
)
def test_what_leaks_is_found(local, kind, place):
    local.make("connect_method = local", "one = app", LEAKY.replace("LEAK", LEAKS[kind]))
    local.allowed = {}

    local.run("deploy", "local", code=1 if kind == "exception" else 0)

    found = local.search()
    assert [hit for hit in found if hit[0] == "password" and place in hit[2]], found


def test_a_file_for_a_secret_with_another_mode_is_found(local):
    local.run("deploy", "local")
    os.chmod(local.project.work / "app/password", 0o644)

    with pytest.raises(AssertionError, match="has mode 644, wanted 600"):
        local.search()
