"""`batou test` on real containers: what works, what fails, and what stays behind."""

import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from batou.testing import leftovers

HERE = Path(__file__).parent
HEAD = "import os\nfrom batou.component import *\nfrom batou.lib.file import File\n"


@pytest.fixture
def tried(project, batou, platform, image):
    """A function that tries a project with a component ``app`` on the platform of the test."""

    def make(code, environment="", tests=""):
        default = f"[environment]\nplatform = {platform.name}\n[hosts]\nweb = app\n"
        files = {
            "components/app/component.py": HEAD + code,
            "environments/dev/environment.cfg": environment or default,
        }
        if tests:
            files["tests/test_app.py"] = tests
        return project(files)

    return make


def plain(text):
    """*text* without what differs from run to run."""
    text = re.sub(r"batou-[0-9a-f]{8}-", "batou-RUN-", text)
    text = re.sub(r"^batou/.*\n", "", text)
    text = re.sub(r"\d+\.\d+s", "N.NNs", text)
    text = re.sub(r"/tmp/[^\s'\"]*", "/tmp/…", text)
    text = re.sub(r"^.*STAND-IN.*\n|^.*(image built|base made|fetched).*\n", "", text, flags=re.M)
    return re.sub(r"\.{3} \d+%.*\n", "", text)


def from_trouble_on(text):
    """The part of *text* that is about what is wrong."""
    return "".join(text.partition("\nERROR:")[1:])


def golden(name, text):
    """Compare *text* with what is expected; ``BATOU_GOLDEN=1`` writes it."""
    file = HERE / "expected" / f"{name}.txt"
    shown = plain(from_trouble_on(text)).lstrip("\n")
    if os.environ.get("BATOU_GOLDEN"):
        file.write_text(shown)
    assert shown == file.read_text(), text


EXAMPLE = Path(__file__).parents[2] / "examples" / "platforms"


def test_the_example_proves_which_variant_ran_where(project, batou, platform, image, tmp_path):
    place = project(EXAMPLE)

    result = batou(place, "test", "local", "--platform", platform.name, "--junit", "report.xml",
                   expect=None)  # fmt: skip

    if platform.name == "debian":
        assert "has no host of the platform 'debian'" in result.output
        return
    assert result.code == 0, result.output
    own, pytests = ET.parse(place / "report.xml").getroot()
    assert own.get("failures") == "0"
    assert int(pytests.get("tests")) >= 3
    assert f"environment 'local' works on {platform.name} ({platform.name})" in result.output


FLEET = """
[environment]
platform = {platform}
service_user = deploy
host_domain = example.com
connect_method = ssh
update_method = git-bundle

[host:web]
components = app
data-color = green

[host:db]
components = app
provision-aliases = store
"""

EVERYTHING = """
import pwd
from batou.utils import Address

class App(Component):
    password = Attribute(str)
    def configure(self):
        self.address = Address(self.host.fqdn, 80)
        self.provide("address", self.address)
        self.all = self.require("address")
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self += File("facts", content="{{component.user}} {{host.data.get('color')}}\\n")
        self += File("listen", content="{{component.address.listen}}\\n")
        self += File("secret", content=component_secret)

component_secret = "{{component.password}}"
"""

LOOK = """
def test_user(host):
    facts = host.file(host.batou.workdir("app") + "/facts")
    assert facts.content_string.split()[0] == facts.user == "deploy"

def test_names_lead_to_the_other_hosts(deployed):
    web, db = deployed.hosts["web"], deployed.hosts["db"]
    for name in ("db", "db.example.com", "store"):
        assert db.batou.address in web.check_output(f"getent hosts {name}")

def test_addresses_are_those_of_the_containers(host):
    listen = host.file(host.batou.workdir("app") + "/listen").content_string
    assert listen == f"{host.batou.address}:80\\n"

def test_again(batou_run):
    assert batou_run("deploy").changes == ()
"""


def test_an_environment_is_tried_as_it_is(tried, batou, platform):
    place = tried(EVERYTHING, FLEET.format(platform=platform.name), LOOK)
    import pyrage

    stranger = pyrage.x25519.Identity.generate().to_public()
    secrets = pyrage.encrypt(b"[app]\npassword = x\n", [stranger])
    (place / "environments" / "dev" / "secrets.cfg.age").write_bytes(secrets)
    before = files_of(place)

    result = batou(place, "test", "dev", "--fake-secrets")

    assert "environment 'dev' works on web" in result.output
    assert "6 passed" in result.output
    assert files_of(place) == before


def files_of(place):
    """The files of a project, but those that belong to batou."""
    found = [path.relative_to(place) for path in place.rglob("*") if path.is_file()]
    return sorted(path for path in found if path.parts[0] != ".batou")


NOT_IDEMPOTENT = """
class App(Component):
    def configure(self):
        self += Stamp()

class Stamp(Component):
    def verify(self):
        assert os.path.exists("stamp") and open("stamp").read() == "new", "stamp is old"
    def update(self):
        open("stamp", "a").write("old")
"""


@pytest.mark.platform("ubuntu")
def test_a_component_that_is_not_idempotent(tried, batou, platform):
    result = batou(tried(NOT_IDEMPOTENT), "test", "dev", expect=1)

    golden("not-idempotent", result.output)


REACHES_OUT = """
class App(Component):
    def verify(self):
        self.cmd("getent hosts example.org")
"""


@pytest.mark.platform("ubuntu")
def test_a_component_that_reaches_for_the_network(tried, batou, platform):
    result = batou(tried(REACHES_OUT), "test", "dev", expect=1)

    assert "web: component 'app' reached for example.org" in result.output
    golden("reaches-out", result.output)


ONLY_UBUNTU = """
class App(Component):
    def verify(self):
        self.cmd("/usr/bin/python3 --version")
"""


@pytest.mark.platform("nixos")
def test_a_component_that_works_on_ubuntu_and_not_on_nixos(tried, batou, platform):
    both = (
        "[host:one]\nplatform = ubuntu\ncomponents = app\n"
        "[host:two]\nplatform = nixos\ncomponents = app\n"
    )

    result = batou(tried(ONLY_UBUNTU, both), "test", "dev", expect=1)

    assert "component 'app' works on ubuntu and not on nixos" in result.output
    golden("only-ubuntu", result.output)


FINE = """
class App(Component):
    def configure(self):
        self += File("here", content="{{host.name}}")
"""


@pytest.mark.needs("git")
def test_an_upgrade_from_the_revision_before(tried, batou):
    place = tried(FINE + "        self += File('older', content='x')\n")
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@y",
                  "commit", "-qm", "one"]):  # fmt: skip
        subprocess.run(["git", "-C", place, *words], check=True)
    (place / "components/app/component.py").write_text(HEAD + FINE)

    result = batou(place, "test", "dev", "--upgrade-from", "HEAD")

    assert "Deploying HEAD" in result.output
    assert "environment 'dev' works" in result.output


def test_what_is_kept_can_be_entered_and_goes_with_the_next_test(tried, batou, engine):
    place = tried(FINE)

    batou(place, "test", "dev", "--keep")

    shell = [sys.executable, "-m", "batou", "test", "dev", "--shell", "web"]
    said = subprocess.run(
        shell, cwd=place, input="cat ~/deployment/work/app/here\n", text=True, capture_output=True
    )
    assert said.stdout == "web", said.stderr
    [kept] = [t for t in leftovers.things(engine) if t.is_kept and t.host == "web"
              and t.run in (place / ".batou/trial/dev.json").read_text()]  # fmt: skip

    batou(place, "test", "dev")

    assert kept.name not in [thing.name for thing in leftovers.things(engine)]
    assert not (place / ".batou/trial/dev.json").exists()


WAITS = """
import time
class App(Component):
    def verify(self):
        time.sleep(600)
"""


def started(place):
    """A test that runs until it is ended, and what it owns."""
    process = subprocess.Popen(
        [sys.executable, "-m", "batou", "test", "dev"],
        cwd=place,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    for line in process.stdout:
        if "Scheduling component" in line:
            return process
    raise AssertionError("it has ended before it deployed")


def owned_by(engine, process):
    """The names of what *process* has made on the engine."""
    things = leftovers.things(engine)
    return [thing.name for thing in things if thing.owner and thing.owner.pid == process.pid]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_asked_to_end_leaves_nothing(tried, engine, number):
    with started(tried(WAITS)) as process:
        names = owned_by(engine, process)
        process.send_signal(number)
        said = process.stdout.read()

    assert process.returncode == 1, said
    assert len(names) >= 2
    assert not set(names) & {thing.name for thing in leftovers.things(engine)}


def test_who_is_killed_leaves_what_the_next_run_removes(tried, batou, engine):
    with started(tried(WAITS)) as process:
        names = owned_by(engine, process)
        process.kill()
        process.stdout.read()
    assert set(names) & {thing.name for thing in leftovers.things(engine)}

    place = tried_again(tried, batou)

    assert not set(names) & {thing.name for thing in leftovers.things(engine)}
    assert place.exists()


def tried_again(tried, batou):
    """Try another project, in place of the one before."""
    place = tried(FINE)
    batou(place, "test", "dev")
    return place


def test_without_an_engine_it_says_how_to_have_one(project, batou, tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("git",):
        if found := shutil.which(name):
            (tmp_path / "empty" / name).symlink_to(found)
    place = project({
        "components/app/component.py": HEAD + FINE,
        "environments/dev/environment.cfg": "[hosts]\nweb = app\n",
    })  # fmt: skip

    result = batou(place, "test", "dev", expect=1, env={"PATH": str(tmp_path / "empty")})

    golden("no-engine", result.output)
