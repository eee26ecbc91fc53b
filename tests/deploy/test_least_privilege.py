"""What hosts are told about secrets, in whole runs."""

import json

import pytest

from batou.deploy.options import RunOptions
from batou.deploy.request import configure_request
from batou.environment import Environment
from batou.goal import Goal
from batou.secrets import SecretBlob

COMPONENTS = """
class Db(Component):
    password = Attribute(str)
    def configure(self):
        self.provide("db", self.password)
        self += File("password", content=self.password, mode=0o600)
class App(Component):
    def configure(self):
        self.db = self.require_one("db")
        self += File("license", content=self.environment.secret_files["license.txt"])
class Cron(Component):
    asks = "None"
    def verify(self):
        self.asked = eval(self.asks)
"""
SECRETS = """
    [db]
    password = canary-db-password
    [cron]
    asks = "cron-" + "canary"
    [host:two]
    token = canary-token
"""


@pytest.fixture
def make(project):
    """A project whose component ``cron`` evaluates an expression while it is verified."""

    def make(asks='"nothing"'):
        project.component("all", COMPONENTS)
        project.environment("one = app\ntwo = db\nthree = cron")
        text = SECRETS.replace('"cron-" + "canary"', asks)
        return project.secrets(text, license_txt=b"canary-license")

    return make


def test_every_host_gets_what_it_needs(project, make):
    env = make("self.host.name")

    project.run("deploy", "local", env=env)

    assert (project.work / "db/password").read_text() == "canary-db-password"
    assert (project.work / "app/license").read_text() == "canary-license"


@pytest.mark.parametrize(
    ("asks", "what"),
    [
        ('self.environment.secret_files["license.txt"]', "the secret file 'license.txt'"),
        ('self.environment.overrides["db"]["password"]', "the overrides of component 'db'"),
        ('self.environment.hosts["two"].data["token"]', "the data 'token' of host 'two'"),
        (
            'self.environment.hosts["two"].components["db"].component.password',
            "the overrides of component 'db'",
        ),
    ],
)
def test_what_is_asked_for_too_late_is_an_error_that_says_what_to_do(project, make, asks, what):
    env = make(asks)

    printed = project.run("deploy", "local", env=env, code=1)

    assert f"this host was not given {what}" in printed
    assert "three" in printed
    assert "Cron" in printed
    assert "read it there and keep it in an attribute" in printed
    assert "canary-" not in printed


def test_a_request_holds_nothing_of_other_hosts(project, monkeypatch):
    project.component("all", COMPONENTS)
    project.environment("one = app\ntwo = db\nthree = cron")
    monkeypatch.chdir(project.path)
    environment = Environment("local")
    environment.load()
    environment._merge_secrets(
        SecretBlob(
            {"db": {"password": "canary-db"}, "cron": {"asks": "canary-cron"}},
            {"two": {"token": "canary-token"}},
            {"license.txt": "canary-license", "other": "canary-other"},
            frozenset({"canary-db", "canary-cron", "canary-license", "canary-other"}),
        )
    )
    environment.configure()
    options = RunOptions("local", goal=Goal.DEPLOY)

    found = {}
    for host in environment.hosts:
        said = json.dumps(configure_request(environment, options, host))
        words = ("db", "cron", "token", "license", "other")
        found[host] = [word for word in words if f"canary-{word}" in said]

    assert found == {"one": ["db", "license"], "two": ["db", "token"], "three": ["cron"]}


def test_where_configuring_died_here_hosts_are_told_everything(project, monkeypatch):
    project.component("all", COMPONENTS.replace("self.require_one('db')", "open('/proc/nothing')"))
    project.component("odd", "class Odd(Component):\n def configure(self):\n  1 / 0\n")
    project.environment("one = app\ntwo = db\nthree = cron, odd")
    monkeypatch.chdir(project.path)
    environment = Environment("local")
    environment.load()
    environment._merge_secrets(
        SecretBlob({"db": {"password": "canary-db"}}, {}, {"license.txt": "canary-license"})
    )
    environment.configure()

    request = configure_request(environment, RunOptions("local", goal=Goal.DEPLOY), "three")

    assert request["roots"] is None
    assert request["overrides"]["db"] == {"password": "canary-db"}
    assert request["secret_files"] == {"license.txt": "canary-license"}


@pytest.mark.needs("/usr/sbin/sshd", "ssh", "ssh-keygen")
def test_hosts_that_make_the_model_themselves_are_given_all_secrets(project, server, target):
    """The project is deployed to this machine, so what is missing is put there by sudo."""
    path = target.parent / "only-there"
    server.programs.write("sudo", f'shift 3; echo fact > {path}; exec "$@"')
    project.component(
        "app",
        f"""
class App(Component):
    password = Attribute(str)
    def configure(self):
        with open({str(path)!r}) as file:
            self += File("copy", content=file.read())
        self += File("license", content=self.environment.secret_files["license.txt"])
""",
    )
    project.write("ssh_config", server.config("one"))
    project.remote_environment(target, "one = app", "service_user = app\nrequire_sudo = True")
    secrets = "[app]\npassword = canary-password\n"
    env = project.secrets(secrets, name="prod", license_txt=b"canary-license")

    printed = project.run("deploy", "prod", env=env)

    assert "Each host is given all secrets" in printed
    assert (target / "work/app/license").read_text() == "canary-license"
