"""A host without route and name service gets everything from the controller."""

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from batou.testing.engine import Engine
from batou.testing.fleet import Fleet, Member
from batou.testing.hosts import TestHost
from batou.testing.platforms import platform as find_platform

pytestmark = [pytest.mark.platform("ubuntu"), pytest.mark.needs("git")]

WORK = "/srv/app/work/app"

PROGRAMS = '"git", "make", "mercurial", "subversion"'


class Site(ThreadingHTTPServer):
    """Serves a directory on this machine's loopback; remembers what was asked for."""

    daemon_threads = True

    def __init__(self, directory: Path) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(directory)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        assert isinstance(self.server, Site)
        self.server.asked.append(self.path)


@pytest.fixture(scope="module")
def host(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestHost]:
    """A host that has the programs of components, and no way out."""
    own = tmp_path_factory.mktemp("platforms")
    folder = own / "containers/tooled"
    shutil.copytree(find_platform("ubuntu").folder, folder)
    text = (folder / "platform.toml").read_text()
    text = text.replace('name = "ubuntu"', 'name = "tooled"')
    (folder / "platform.toml").write_text(text.replace('"openssh-server"', PROGRAMS))
    member = Member("web", find_platform("tooled", own))
    with Fleet(engine, [member], "internal") as fleet:
        yield TestHost(fleet, member)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "site"
    place.mkdir()
    return place


@pytest.fixture
def site(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    site = Site(place)
    threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
    yield site
    site.shutdown()
    site.server_close()


def checksum(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def pack(path: Path, **files: str) -> None:
    """Write an archive with one directory, whose files may be executed."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"hello-1.0/{name}")
            member.size, member.mode = len(text), 0o755
            archive.addfile(member, io.BytesIO(text.encode()))


def repository(path: Path) -> str:
    """Make a repository that can be served as files; returns its commit."""
    source = path.with_suffix(".source")
    source.mkdir()

    def git(*words: str, where: Path = source) -> str:
        own = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        done = subprocess.run(["git", *own, *words], cwd=where, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    git("init", "--quiet", "--initial-branch=main")
    (source / "page.html").write_text("from the repository")
    git("add", "--all")
    git("commit", "--quiet", "--message", "page")
    git("clone", "--quiet", "--bare", str(source), str(path))
    git("update-server-info", where=path)
    return git("rev-parse", "HEAD")


CONFIGURE = """\
#!/bin/sh
echo "prefix = ${1#--prefix=}" > Makefile
printf 'install:\\n\\tmkdir -p $(prefix)/bin\\n\\tcp hello $(prefix)/bin/hello\\n' >> Makefile
touch config.status
"""

COMPONENT = """\
import sqlalchemy

from batou.component import Attribute, Component
from batou.lib.cmmi import Build
from batou.lib.download import Download
from batou.lib.file import File
from batou.lib.git import Clone
from batou.lib.python import Package, VirtualEnv


class App(Component):
    site = Attribute(str)
    logo = Attribute(str)
    source = Attribute(str)
    commit = Attribute(str)

    def configure(self):
        query = str(sqlalchemy.select(sqlalchemy.column("name")))
        self += File("query.sql", content="{{args.query}}", template_args={"query": query})
        self += Download(f"{self.site}/logo.bin", checksum=self.logo)
        prefix = self.map("hello")
        self += Build(f"{self.site}/hello-1.0.tar.gz", checksum=self.source, prefix=prefix)
        self += Clone(f"{self.site}/page.git", target="page", revision=self.commit)
        venv = VirtualEnv("3")
        self += venv
        venv += Package("MarkupSafe", version="3.0.2")
        venv += Package("Jinja2", version="3.1.6")
"""

ENVIRONMENT = """\
[environment]
connect_method = docker
target_directory = /srv/app
{policy}

[hosts]
{host} = app

[component:app]
site = {site}
logo = {logo}
source = {source}
commit = {commit}
"""


def test_what_components_fetch_is_shipped(
    host: TestHost, place: Path, site: Site, project: Any, batou: Callable[..., Any]
) -> None:
    (place / "logo.bin").write_bytes(os.urandom(3 << 20))
    pack(place / "hello-1.0.tar.gz", configure=CONFIGURE, hello="#!/bin/sh\necho hello\n")
    values = {
        "host": host.container,
        "site": site.url,
        "logo": checksum(place / "logo.bin"),
        "source": checksum(place / "hello-1.0.tar.gz"),
        "commit": repository(place / "page.git"),
        "policy": "artifacts = controller",
    }
    directory = project(
        {
            "components/app/component.py": COMPONENT,
            "environments/prod/environment.cfg": ENVIRONMENT.format(**values),
            "requirements.txt": "sqlalchemy\n",
        }
    )

    batou(directory, "deploy", "prod")
    asked = list(site.asked)
    again = batou(directory, "deploy", "prod", "--format", "json")

    modules = "import markupsafe._speedups, jinja2; print(jinja2.__version__)"
    assert host.run([f"{WORK}/bin/python3", "-c", modules]) == "3.1.6\n"
    assert host.run([f"{WORK}/hello/bin/hello"]) == "hello\n"
    assert host.run(["cat", f"{WORK}/page/page.html"]) == "from the repository"
    assert host.run(["cat", f"{WORK}/query.sql"]) == "SELECT name"
    assert host.run(["git", "-C", f"{WORK}/page", "remote", "get-url", "origin"]) == (
        f"{site.url}/page.git\n"
    )
    assert {e["outcome"] for e in again.events if e["event"] == "root"} == {"unchanged"}
    assert asked
    assert site.asked == asked
    assert host.fleet.attempts() == []


def test_what_cannot_be_shipped_is_told_before_a_host_is_touched(
    host: TestHost, place: Path, site: Site, project: Any, batou: Callable[..., Any]
) -> None:
    values = {
        "host": host.container,
        "site": site.url,
        "logo": "sha256:" + "0" * 64,
        "source": "sha256:" + "1" * 64,
        "commit": "2" * 40,
        "policy": "artifacts = controller",
    }
    text = ENVIRONMENT.format(**values).replace("/srv/app", "/srv/other")
    directory = project(
        {
            "components/app/component.py": COMPONENT,
            "environments/prod/environment.cfg": text,
            "requirements.txt": "sqlalchemy\n",
        }
    )

    result = batou(directory, "deploy", "prod", expect=1)

    assert "the controller cannot ship 3 artifacts; no host was touched" in result.output
    assert "components/app/component.py:20" in result.output
    assert "logo.bin" in result.output
    assert "page.git" in result.output
    assert "other" not in host.run("ls /srv").split()


OTHERS = """\
from batou.component import Attribute, Component
from batou.lib.appenv import AppEnv
from batou.lib.buildout import Buildout
from batou.lib.file import File
from batou.lib.mercurial import Clone
from batou.lib.python import Requirements, VirtualEnv
from batou.lib.svn import Checkout


class Env(Component):
    def configure(self):
        self += AppEnv("3")


class Locked(Component):
    def configure(self):
        venv = VirtualEnv("3")
        self += venv
        venv += Requirements("requirements.lock")


class Eggs(Component):
    def configure(self):
        self += Buildout(
            python="3",
            version="5.1.1",
            setuptools="68.0.0",
            wheel="0.40.0",
            packaging="24.0",
            config=File("buildout.cfg", content=BUILDOUT),
        )


class Repositories(Component):
    hg = Attribute(str)
    svn = Attribute(str)

    def configure(self):
        self += Clone(self.hg, target="hg", branch="default")
        self += Checkout(self.svn, target="svn")


BUILDOUT = '''
[buildout]
parts = python
[python]
recipe = zc.recipe.egg
eggs = six
interpreter = py
[versions]
packaging = 24.0
setuptools = 68.0.0
six = 1.17.0
wheel = 0.40.0
zc.buildout = 5.1.1
zc.recipe.egg = 2.0.7
'''
"""


def run(*words: str, where: Path | None = None) -> None:
    done = subprocess.run(words, cwd=where, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.needs("hg", "svn", "svnadmin")
def test_every_component_that_fetches_works(
    host: TestHost, place: Path, site: Site, project: Any, batou: Callable[..., Any], tmp_path: Path
) -> None:
    run("hg", "init", str(place / "hg"))
    (place / "hg/page").write_text("from Mercurial")
    run("hg", "commit", "--addremove", "--user", "Ada", "--message", "page", where=place / "hg")
    run("svnadmin", "create", str(tmp_path / "svn"))
    svn = f"file://{tmp_path}/svn/trunk"
    (tmp_path / "imported").mkdir()
    (tmp_path / "imported/page").write_text("from Subversion")
    run("svn", "import", "--message", "page", str(tmp_path / "imported"), svn)
    hosts = f"{host.container} = env, locked, eggs, repositories"
    settings = "connect_method = docker\ntarget_directory = /srv/others\nartifacts = controller"
    directory = project(
        {
            "components/all/component.py": OTHERS,
            "components/all/requirements.lock": "six==1.17.0\n",
            "environments/prod/environment.cfg": f"[environment]\n{settings}\n[hosts]\n{hosts}\n"
            f"[component:repositories]\nhg = static-{site.url}/hg\nsvn = {svn}\n",
        }
    )

    batou(directory, "deploy", "prod")
    again = batou(directory, "deploy", "prod", "--format", "json")

    work = "/srv/others/work"
    for python in ("env/bin/python", "locked/bin/python", "eggs/bin/py"):
        version = host.run([f"{work}/{python}", "-c", "import six; print(six.__version__)"])
        assert version == "1.17.0\n"
    assert host.run(["cat", f"{work}/repositories/hg/page"]) == "from Mercurial"
    assert host.run(["cat", f"{work}/repositories/svn/page"]) == "from Subversion"
    outcomes = {e["root"]: e["outcome"] for e in again.events if e["event"] == "root"}
    assert set(outcomes.values()) == {"unchanged"}, outcomes
    assert host.fleet.attempts() == []
