"""Logins in urls of repositories: clones work, and nobody sees the password."""

import base64
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from batou.artifacts import Artifact
from batou.bundle.cache import Cache
from batou.bundle.fetch import git as fetch_git
from batou.bundle.fetch import mercurial as fetch_hg
from batou.bundle.fetch.desk import Desk
from batou.bundle.interpreter import Interpreter
from batou.component import RootComponent
from batou.errors import CmdExecutionError
from batou.lib import git, mercurial
from batou.lib.logins import Remote
from batou.testing.leaks import Searcher, canary
from batou.testing.wait import wait_until


class Guarded(SimpleHTTPRequestHandler):
    """Serves files to those who know the password; with *upstream*, passes requests on."""

    upstream = ""
    login = ""

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != self.login:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.upstream:
            self._pass_on()
        else:
            super().do_GET()

    do_POST = do_GET

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {
            key: value
            for key, value in self.headers.items()
            if key.lower() not in ("host", "authorization", "connection", "accept-encoding")
        }
        request = urllib.request.Request(
            self.upstream + self.path,
            self.rfile.read(length) if length else None,
            headers,
            method=self.command,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def password() -> str:
    return canary("password")


@pytest.fixture
def serve(tmp_path: Path, password: str) -> Iterator[Any]:
    """Serves *tmp_path*, or another server, to ``me`` with the password; returns the url."""
    servers: list[ThreadingHTTPServer] = []

    def serve(upstream: str = "") -> str:
        token = base64.b64encode(f"me:{password}".encode()).decode()
        kind = type("Handler", (Guarded,), {"upstream": upstream, "login": f"Basic {token}"})
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(kind, directory=str(tmp_path)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://me:{password}@127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the user; git and hg know who commits."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "me")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "me@example.com")
    monkeypatch.setenv("HGUSER", "me")


@pytest.fixture
def git_origin(tmp_path: Path) -> str:
    """A repository with one commit on ``main``; its path below the server's."""
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    run(["git", "init", "-q", "-b", "main", tmp_path / "origin"])
    run(["git", "-C", tmp_path / "origin", "commit", "-q", "--allow-empty", "-m", "first"])
    run(["git", "-C", tmp_path / "origin", "update-server-info"])
    return "/origin/.git"


@pytest.fixture
def hg_server(tmp_path: Path) -> Iterator[str]:
    """The url of a served repository with one changeset."""
    origin, log = tmp_path / "origin", tmp_path / "port"
    subprocess.run(["hg", "init", origin], check=True)
    (origin / "file").write_text("content")
    subprocess.run(["hg", "-R", origin, "commit", "-q", "-A", "-m", "first"], check=True)
    command = ["hg", "-R", origin, "serve", "--address=127.0.0.1", "--port=0", "--print-url"]
    with log.open("w") as output, subprocess.Popen(command, stdout=output) as server:
        try:
            wait_until(lambda: "http" in log.read_text(), "hg serves", 60)
            yield log.read_text().strip().rstrip("/")
        finally:
            server.terminate()


def leaks(password: str, root: RootComponent, clone: Any) -> list[Any]:
    """Where the password is found while *clone* is deployed, twice, and afterwards."""
    searcher = Searcher({"password": password})
    root.component += clone
    with searcher.watching([]):
        root.component.deploy()
        root.component.deploy()
    searcher.search_tree(Path(root.workdir))
    return [hit for hit in searcher.hits if hit.place != "the environ of a process"]


@pytest.mark.needs("git")
def test_git_clones_and_nobody_sees_the_password(
    root: RootComponent, git_origin: str, serve: Any, password: str
) -> None:
    clone = git.Clone(serve() + git_origin, target="here", branch="main")

    found = leaks(password, root, clone)

    assert found == []
    assert clone.current_branch() == "main"
    assert clone.changed is False


@pytest.mark.needs("git")
def test_a_password_that_git_kept_before_is_removed(
    root: RootComponent, git_origin: str, serve: Any, password: str
) -> None:
    url = serve() + git_origin
    subprocess.run(["git", "clone", "-q", url, Path(root.workdir) / "here"], check=True)
    (Path(root.workdir) / "here/.git/mine").touch()

    found = leaks(password, root, git.Clone(url, target="here", branch="main"))

    assert found == []
    assert (Path(root.workdir) / "here/.git/mine").exists()


@pytest.mark.needs("git")
def test_a_wrong_password_is_an_error_that_does_not_show_it(
    root: RootComponent, git_origin: str, serve: Any, password: str
) -> None:
    url = serve().replace(password, "wrong-password") + git_origin
    root.component += git.Clone(url, target="here", branch="main")

    with pytest.raises(CmdExecutionError) as raised:
        root.component.deploy()

    assert "wrong-password" not in str(raised.value.failure())


@pytest.mark.needs("hg")
def test_mercurial_clones_and_nobody_sees_the_password(
    root: RootComponent, hg_server: str, serve: Any, password: str
) -> None:
    clone = mercurial.Clone(serve(hg_server), target="here", branch="default")

    found = leaks(password, root, clone)

    assert found == []
    assert (Path(root.workdir) / "here/file").read_text() == "content"
    assert clone.changed is False


def fetched(password: str, tmp_path: Path, fetch: Any, artifact: Artifact) -> list[Any]:
    """Where the password is found while the controller fetches *artifact*, and afterwards."""
    desk = Desk(Cache(str(tmp_path / "cache")), str(tmp_path), Interpreter.here())
    searcher = Searcher({"password": password})
    with searcher.watching([]):
        assert fetch(artifact, desk).files
    searcher.search_tree(tmp_path / "cache")
    return [hit for hit in searcher.hits if hit.place != "the environ of a process"]


@pytest.mark.needs("git")
def test_the_controller_fetches_from_git_and_nobody_sees_the_password(
    tmp_path: Path, git_origin: str, serve: Any, password: str
) -> None:
    artifact = git.repository("git", serve() + git_origin, "branch", "main")

    assert fetched(password, tmp_path, fetch_git.fetch, artifact) == []


@pytest.mark.needs("hg")
def test_the_controller_fetches_from_mercurial_and_nobody_sees_the_password(
    tmp_path: Path, hg_server: str, serve: Any, password: str
) -> None:
    artifact = git.repository("hg", serve(hg_server), "branch", "default")

    assert fetched(password, tmp_path, fetch_hg.fetch, artifact) == []


def test_a_url_without_a_password_is_left_alone() -> None:
    for url in ("https://me@example.com/x", "ssh://git@example.com/x", "git@example.com:x", "/x"):
        remote = Remote.of(url)

        assert remote.url == url
        assert remote.environment == {}
        assert remote.git_options() == remote.mercurial_options() == []
