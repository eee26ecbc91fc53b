"""Downloads from servers of our own: HTTP, HTTPS, FTP, rsync, files."""

import base64
import hashlib
import os
import select
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from batou.component import RootComponent
from batou.errors import CmdExecutionError, ConfigurationError, UpdateNeeded
from batou.lib.download import ChecksumMismatch, Download, DownloadFailed
from batou.lib.download.http import hide_password, split_login

CONTENT = os.urandom(1 << 16) * 10  # more than one read
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()

Page = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.server.asked.append(self)
        page = self.server.pages.get(self.path)
        if page:
            page(self)
        else:
            self.answer(404, b"no such page")

    def answer(self, code: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Serves *pages*; remembers the requests in *asked*."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Page] = {}
        self.asked: list[Handler] = []
        self.released = threading.Event()
        self.scheme = "http"

    def url(self, path: str, user: str = "") -> str:
        return f"{self.scheme}://{user}127.0.0.1:{self.server_port}{path}"

    def header(self, name: str) -> list[str | None]:
        return [request.headers.get(name) for request in self.asked]

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    servers: list[Server] = []

    def start() -> Server:
        servers.append(Server())
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(start: Callable[[], Server]) -> Server:
    return start()


def whole(content: bytes = CONTENT) -> Page:
    return lambda request: request.answer(200, content)


def ranged(content: bytes = CONTENT, breaks_after: int = 0) -> Page:
    """Serve *content*; hang up after *breaks_after* bytes, if any."""

    def page(request: Handler) -> None:
        asked = request.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        if start >= len(content):
            return request.answer(416)
        rest = content[start:]
        request.send_response(206 if asked else 200)
        request.send_header("Content-Length", str(len(rest)))
        if asked:
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            request.send_header("Content-Range", span)
        request.end_headers()
        request.wfile.write(rest[:breaks_after] if breaks_after else rest)
        request.close_connection = True
        return None

    return page


def stalling(after: int) -> Page:
    """Serve up to *after* bytes of the content, then say no more."""

    def page(request: Handler) -> None:
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(CONTENT) - start))
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        request.end_headers()
        request.wfile.write(CONTENT[start:after])
        request.server.released.wait(30)
        request.close_connection = True

    return page


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def guarded(authorization: str) -> Page:
    def page(request: Handler) -> None:
        if request.headers.get("Authorization") == authorization:
            request.answer(200, CONTENT)
        else:
            request.answer(401, b"", WWW_Authenticate='Basic realm="test"')

    return page


def add(root: RootComponent, uri: str, **kw: Any) -> Download:
    download = Download(uri, **{"checksum": SHA256, **kw})
    root.component += download
    return download


def fetched(root: RootComponent, name: str = "file.bin") -> bytes:
    return Path(root.workdir, name).read_bytes()


# What the arguments mean


def test_checksum_is_split_and_target_is_the_last_part_of_the_path(root: RootComponent) -> None:
    download = add(root, "http://example.com/dir/file.bin?x=/y.bin", checksum="sha1:00FF")

    assert download.target == "file.bin"
    assert (download.checksum_function, download.checksum) == ("sha1", "00ff")


@pytest.mark.parametrize(
    "uri, kw, error, words",
    [
        ("http://example.com/", {}, KeyError, "names no file"),
        ("http://example.com", {}, KeyError, "names no file"),
        ("http://example.com/x", {"checksum": None}, ValueError, "has no checksum"),
        ("http://example.com/x", {"checksum": "abcd"}, ValueError, "wanted 'algorithm:hex'"),
        ("http://example.com/x", {"checksum": "sha-9:ab"}, ValueError, "algorithm 'sha-9'"),
        ("http://example.com/x", {"checksum": "shake_128:ab"}, ValueError, "'shake_128'"),
        ("gopher://example.com/x", {}, ValueError, "has scheme 'gopher'"),
        ("/srv/x", {}, ValueError, "has scheme ''"),
    ],
)
def test_wrong_arguments_are_named_when_configuring(
    root: RootComponent, uri: str, kw: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        add(root, uri, **kw)

    assert isinstance(caught.value, ConfigurationError)
    assert words in str(caught.value)


def test_requests_arguments_without_meaning_here_are_named(root: RootComponent) -> None:
    with pytest.raises(ConfigurationError, match="requests_kwargs has 'data', 'hooks', wanted"):
        add(root, "http://example.com/x", requests_kwargs={"hooks": {}, "data": b"", "verify": 1})


def test_authentication_of_another_kind_than_basic_is_refused(root: RootComponent) -> None:
    with pytest.raises(ConfigurationError, match=r"auth of type 'object', wanted \(user, pass"):
        add(root, "http://example.com/x", requests_kwargs={"auth": object()})


def test_breadcrumb_hides_the_password(root: RootComponent) -> None:
    download = add(root, "https://me:s3cr@t@example.com/x")

    assert download._breadcrumbs.endswith("Download('https://me:***@example.com/x')")


@pytest.mark.parametrize(
    "url, shown, login",
    [
        ("http://h/x", "http://h/x", None),
        ("http://me@h/x", "http://me@h/x", ("me", "")),
        ("http://me:a%2Fb@h:1/x", "http://me:***@h:1/x", ("me", "a/b")),
        ("ftp://me:a:b@h/x", "ftp://me:***@h/x", ("me", "a:b")),
    ],
)
def test_logins_in_urls(url: str, shown: str, login: tuple[str, str] | None) -> None:
    assert hide_password(url) == shown
    assert split_login(url)[1] == login


# The usual way


def test_file_is_fetched_once(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = whole()
    add(root, server.url("/file.bin"))

    root.component.deploy()
    first = root.component.changed
    root.component.deploy()

    assert (first, root.component.changed) == (True, False)
    assert fetched(root) == CONTENT
    assert os.listdir(root.workdir) == ["file.bin"]
    assert len(server.asked) == 1


def test_changed_file_is_fetched_again(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = whole()
    Path(root.workdir, "file.bin").write_bytes(b"edited")
    download = add(root, server.url("/file.bin"))

    with root.component.chdir(root.workdir), pytest.raises(UpdateNeeded, match="checksum is"):
        download.verify()
    root.component.deploy()

    assert fetched(root) == CONTENT


def test_predicting_asks_nobody(root: RootComponent, server: Server) -> None:
    add(root, server.url("/file.bin"))

    root.component.deploy(predict_only=True)

    assert root.component.changed
    assert server.asked == []


def test_target_may_be_in_a_directory_of_its_own(root: RootComponent, server: Server) -> None:
    server.pages["/x"] = whole()
    download = add(root, server.url("/x"), target="a/b.bin")

    root.component.deploy()

    assert download.target == "a/b.bin"
    assert fetched(root, "a/b.bin") == CONTENT


def test_empty_file_is_fetched(root: RootComponent, server: Server) -> None:
    server.pages["/empty"] = whole(b"")
    add(root, server.url("/empty"), checksum=f"md5:{hashlib.md5().hexdigest()}")

    root.component.deploy()

    assert fetched(root, "empty") == b""


def test_chunked_answer_is_put_together(root: RootComponent, server: Server) -> None:
    def page(request: Handler) -> None:
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for part in (CONTENT[:1000], CONTENT[1000:]):
            request.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        request.wfile.write(b"0\r\n\r\n")

    server.pages["/file.bin"] = page
    add(root, server.url("/file.bin"))

    root.component.deploy()

    assert fetched(root) == CONTENT


def test_blanks_and_parameters_become_part_of_the_address(
    root: RootComponent, server: Server
) -> None:
    server.pages["/a%20b%20c?v=1&w=2&w=3"] = whole()
    add(
        root,
        server.url("/a b%20c?v=1#part"),
        target="file.bin",
        requests_kwargs={"params": {"w": ["2", "3"]}},
    )

    root.component.deploy()

    assert fetched(root) == CONTENT


def test_headers_and_cookies_are_sent(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = whole()
    options = {"headers": {"X-Token": "t", "User-Agent": "me"}, "cookies": {"a": "1", "b": "2"}}
    add(root, server.url("/file.bin"), requests_kwargs=options)

    root.component.deploy()

    assert server.header("X-Token") == ["t"]
    assert server.header("User-Agent") == ["me"]
    assert server.header("Cookie") == ["a=1; b=2"]


def test_file_url_is_copied(root: RootComponent, tmp_path: Path) -> None:
    source = tmp_path / "a b.bin"
    source.write_bytes(CONTENT)
    add(root, source.as_uri(), target="file.bin")

    root.component.deploy()

    assert fetched(root) == CONTENT


def test_missing_file_is_named(root: RootComponent, tmp_path: Path) -> None:
    add(root, (tmp_path / "gone").as_uri())

    with pytest.raises(DownloadFailed, match="No such file"):
        root.component.deploy()


# What was fetched is something else


def test_wrong_checksum_leaves_the_old_file_alone(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = whole(b"other")
    Path(root.workdir, "file.bin").write_bytes(b"old")
    url = server.url("/file.bin", user="me:s3cret@")
    download = add(root, url)

    with pytest.raises(AssertionError) as caught:
        root.component.deploy()

    error = cast(ChecksumMismatch, caught.value)
    assert (error.wanted, error.found) == (
        hashlib.sha256(CONTENT).hexdigest(),
        hashlib.sha256(b"other").hexdigest(),
    )
    text = f"{error} {error.rows()}"
    assert all(word in text for word in (error.wanted, error.found, "me:***@127.0.0.1"))
    assert ("Component", download._breadcrumbs) in error.rows()
    assert "s3cret" not in text
    assert fetched(root) == b"old"
    assert os.listdir(root.workdir) == ["file.bin"]


# The line breaks


def test_broken_line_is_resumed_where_it_broke(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = ranged(breaks_after=300_000)
    add(root, server.url("/file.bin"))

    root.component.deploy()

    assert fetched(root) == CONTENT
    assert server.header("Range") == [None, "bytes=300000-", "bytes=600000-"]


def test_server_that_cannot_resume_is_asked_for_the_whole(
    root: RootComponent, server: Server
) -> None:
    server.pages["/file.bin"] = whole()
    Path(root.workdir, "file.bin.part").write_bytes(CONTENT[:1000])
    add(root, server.url("/file.bin"))

    root.component.deploy()

    assert fetched(root) == CONTENT
    assert server.header("Range") == ["bytes=1000-"]


def test_line_that_brings_nothing_more_is_given_up(root: RootComponent, server: Server) -> None:
    def page(request: Handler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(CONTENT)))
        request.end_headers()
        request.close_connection = True

    server.pages["/file.bin"] = page
    add(root, server.url("/file.bin"))

    with pytest.raises(DownloadFailed, match=f"the line broke after 0 of {len(CONTENT)} bytes"):
        root.component.deploy()

    assert len(server.asked) == 1


def test_stalled_server_is_given_up_and_resumed_by_the_next_run(
    root: RootComponent, server: Server
) -> None:
    server.pages["/file.bin"] = stalling(after=1000)
    add(root, server.url("/file.bin"), requests_kwargs={"timeout": (5, 0.2)})

    with pytest.raises(DownloadFailed, match="no answer in time"):
        root.component.deploy()
    kept = Path(root.workdir, "file.bin.part").stat().st_size
    server.pages["/file.bin"] = ranged()
    root.component.deploy()

    assert kept == 1000
    assert fetched(root) == CONTENT
    assert server.header("Range")[-1] == "bytes=1000-"
    assert os.listdir(root.workdir) == ["file.bin"]


@pytest.mark.parametrize("timeout", [0.2, (5, 0.2), [5, 0.2]])
def test_server_that_does_not_even_answer_is_given_up(root: RootComponent, timeout: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/file.bin"
        add(root, url, requests_kwargs={"timeout": timeout})

        with pytest.raises(DownloadFailed, match="no answer in time"):
            root.component.deploy()


def test_refused_connection_is_told(root: RootComponent) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/file.bin"
    add(root, url)

    with pytest.raises(DownloadFailed, match="refused"):
        root.component.deploy()


def test_rest_of_another_file_is_thrown_away(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = ranged()
    Path(root.workdir, "file.bin.part").write_bytes(b"x" * 5000)
    add(root, server.url("/file.bin"))

    root.component.deploy()

    assert fetched(root) == CONTENT
    assert server.header("Range") == ["bytes=5000-", None]


def test_rest_longer_than_the_file_is_thrown_away(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = ranged()
    Path(root.workdir, "file.bin.part").write_bytes(CONTENT + b"x")
    add(root, server.url("/file.bin"))

    root.component.deploy()

    assert fetched(root) == CONTENT
    assert server.header("Range") == [f"bytes={len(CONTENT) + 1}-", None]


def test_complete_rest_is_taken_without_asking(root: RootComponent, server: Server) -> None:
    Path(root.workdir, "file.bin.part").write_bytes(CONTENT)
    add(root, server.url("/file.bin"))

    root.component.deploy()

    assert fetched(root) == CONTENT
    assert server.asked == []


# Refusals and logins


def test_missing_page_is_told(root: RootComponent, server: Server) -> None:
    download = add(root, server.url("/file.bin", user="me:s3cret@"))

    with pytest.raises(DownloadFailed, match="the server answers 404 Not Found") as caught:
        root.component.deploy()

    assert "me:***@" in str(caught.value)
    assert caught.value.rows() == [("Component", download._breadcrumbs)]
    assert os.listdir(root.workdir) == []


def test_refused_login_says_where_to_put_one(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = guarded(basic("me", "secret"))
    add(root, server.url("/file.bin"))

    with pytest.raises(DownloadFailed, match="401") as caught:
        root.component.deploy()

    assert "~/.netrc" in (caught.value.hint() or "")


@pytest.mark.parametrize(
    "user, kw",
    [
        ("", {"auth": ("me", "s:t")}),
        ("", {"auth": ["me", "s:t"]}),
        ("me:s%3At@", {}),
        ("other:x@", {"auth": ("me", "s:t")}),
        ("", {"headers": {"Authorization": basic("me", "s:t")}}),
    ],
    ids=["auth", "list", "url", "auth before url", "header"],
)
def test_login_is_sent(root: RootComponent, server: Server, user: str, kw: dict[str, Any]) -> None:
    server.pages["/file.bin"] = guarded(basic("me", "s:t"))
    add(root, server.url("/file.bin", user), requests_kwargs=kw)

    root.component.deploy()

    assert fetched(root) == CONTENT


def test_login_comes_from_netrc(
    root: RootComponent, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.pages["/file.bin"] = guarded(basic("me", "secret"))
    add(root, server.url("/file.bin"))

    root.component.deploy()

    assert fetched(root) == CONTENT


def test_broken_netrc_is_told_and_left_alone(
    root: RootComponent,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    output: Any,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("nonsense\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.pages["/file.bin"] = whole()
    add(root, server.url("/file.bin"))

    root.component.deploy()

    assert fetched(root) == CONTENT
    assert f"going on without {str(netrc)!r}" in output.backend.output


# Redirects


def redirect(to: str, code: int = 302) -> Page:
    return lambda request: request.answer(code, Location=to)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirect_is_followed_with_login_and_range(
    root: RootComponent, server: Server, code: int
) -> None:
    server.pages |= {"/file.bin": redirect("/there", code), "/there": ranged()}
    Path(root.workdir, "file.bin.part").write_bytes(CONTENT[:10])
    add(root, server.url("/file.bin"), requests_kwargs={"auth": ("me", "secret")})

    root.component.deploy()

    assert fetched(root) == CONTENT
    assert server.header("Authorization") == [basic("me", "secret")] * 2
    assert server.header("Range") == ["bytes=10-"] * 2


def test_redirect_to_another_place_gets_no_secrets(
    root: RootComponent, server: Server, start: Callable[[], Server]
) -> None:
    other = start()
    other.pages["/there"] = whole()
    server.pages["/file.bin"] = redirect(other.url("/there"))
    options = {
        "auth": ("me", "secret"),
        "headers": {"Private-Token": "t"},
        "cookies": {"session": "s"},
    }
    add(root, server.url("/file.bin"), requests_kwargs=options)

    root.component.deploy()

    assert fetched(root) == CONTENT
    for name in ("Authorization", "Private-Token", "Cookie"):
        assert (server.header(name) != [None], other.header(name)) == (True, [None])


def test_redirect_may_bring_a_login_of_its_own(
    root: RootComponent, server: Server, start: Callable[[], Server]
) -> None:
    other = start()
    other.pages["/there"] = guarded(basic("you", "too"))
    server.pages["/file.bin"] = redirect(other.url("/there", user="you:too@"))
    add(root, server.url("/file.bin"))

    root.component.deploy()

    assert fetched(root) == CONTENT


def test_redirect_is_refused_when_not_allowed(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = redirect("/there")
    add(root, server.url("/file.bin"), requests_kwargs={"allow_redirects": False})

    with pytest.raises(DownloadFailed, match=r"redirect to .*/there', and allow_redirects is off"):
        root.component.deploy()


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_redirect_out_of_http_is_refused(root: RootComponent, server: Server, place: str) -> None:
    server.pages["/file.bin"] = redirect(place)
    add(root, server.url("/file.bin"))

    with pytest.raises(DownloadFailed, match="302"):
        root.component.deploy()


def test_redirect_in_a_circle_ends(root: RootComponent, server: Server) -> None:
    server.pages["/file.bin"] = redirect("/file.bin")
    add(root, server.url("/file.bin"))

    with pytest.raises(DownloadFailed, match="infinite loop"):
        root.component.deploy()


# Proxies, certificates


@pytest.mark.parametrize("how", ["environment", "argument"])
def test_proxy_is_asked(
    root: RootComponent, server: Server, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    options: dict[str, Any] = {}
    if how == "environment":
        monkeypatch.setenv("http_proxy", server.url(""))
    else:
        options["proxies"] = {"http": server.url("")}
    server.pages["http://files.invalid/file.bin"] = whole()
    add(root, "http://files.invalid/file.bin", requests_kwargs=options)

    root.component.deploy()

    assert fetched(root) == CONTENT


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody trusts, and its key, in one file."""
    path = tmp_path / "server.pem"
    subject = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    out = ["-days", "2", "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run(["openssl", "req", "-x509", *key, *subject, *out], check=True, stderr=-3)
    path.write_bytes((tmp_path / "key").read_bytes() + (tmp_path / "cert").read_bytes())
    return path


@pytest.fixture
def secure(server: Server, certificate: Path) -> Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.scheme = "https"
    server.pages["/file.bin"] = whole()
    return server


@pytest.mark.needs("openssl")
def test_unknown_certificate_is_refused(root: RootComponent, secure: Server) -> None:
    add(root, secure.url("/file.bin"))

    with pytest.raises(DownloadFailed, match="certificate verify failed"):
        root.component.deploy()


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("how", ["verify=path", "verify=False", "REQUESTS_CA_BUNDLE"])
def test_certificate_may_be_trusted(
    root: RootComponent,
    secure: Server,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    options: dict[str, Any] = {}
    if how == "REQUESTS_CA_BUNDLE":
        monkeypatch.setenv(how, str(certificate))
    else:
        options["verify"] = str(certificate) if how == "verify=path" else False
    add(root, secure.url("/file.bin"), requests_kwargs=options)

    root.component.deploy()

    assert fetched(root) == CONTENT


# Other protocols


class FTP(socketserver.StreamRequestHandler):
    """As much of FTP as a download needs; asks for user and password."""

    def handle(self) -> None:
        self.say("220 hello")
        with socket.create_server(("127.0.0.1", 0)) as data:
            port = data.getsockname()[1]
            answers = {
                "USER me": "331 password?",
                "PASS se/cret": "230 in",
                "TYPE I": "200 ok",
                "CWD dir": "250 ok",
                "EPSV": f"229 ok (|||{port}|)",
                "PASV": f"227 ok (127,0,0,1,{port >> 8},{port & 255})",
                "QUIT": "221 bye",
            }
            for line in self.rfile:
                said = line.decode().strip()
                if said == "RETR file.bin":
                    self.say(f"150 coming ({len(CONTENT)} bytes)")
                    with data.accept()[0] as connection:
                        connection.sendall(CONTENT)
                    self.say("226 done")
                else:
                    self.say(answers.get(said, "502 no"))

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def ftp_port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), FTP) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_ftp_is_fetched(root: RootComponent, ftp_port: int) -> None:
    add(root, f"ftp://me:se%2Fcret@127.0.0.1:{ftp_port}/dir/file.bin")

    root.component.deploy()

    assert fetched(root) == CONTENT


def test_refused_ftp_login_hides_the_password(root: RootComponent, ftp_port: int) -> None:
    add(root, f"ftp://me:wrong-s3cret@127.0.0.1:{ftp_port}/dir/file.bin")

    with pytest.raises(DownloadFailed, match="502") as caught:
        root.component.deploy()

    assert "wrong-s3cret" not in str(caught.value)


@pytest.fixture
def rsync_port(tmp_path: Path) -> Iterator[int]:
    served = tmp_path / "served"
    served.mkdir()
    (served / "file.bin").write_bytes(CONTENT)
    (tmp_path / "secrets").write_text("me:secret\n")
    (tmp_path / "secrets").chmod(0o600)
    config = tmp_path / "rsyncd.conf"
    config.write_text(
        f"use chroot = no\n[files]\npath = {served}\nauth users = me\n"
        f"secrets file = {tmp_path / 'secrets'}\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    options = ["--daemon", "--no-detach", "--address=127.0.0.1", f"--port={port}"]
    log = ["--log-file", str(tmp_path / "log")]
    daemon = subprocess.Popen(["rsync", *options, *log, f"--config={config}"])
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and daemon.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except ConnectionRefusedError:
            select.select([], [], [], 0.01)
    yield port
    daemon.terminate()
    daemon.wait(10)


@pytest.mark.needs("rsync")
def test_rsync_is_fetched_with_the_password_out_of_sight(
    root: RootComponent, rsync_port: int
) -> None:
    add(root, f"rsync://me:secret@127.0.0.1:{rsync_port}/files/file.bin")

    root.component.deploy()

    assert fetched(root) == CONTENT
    assert os.listdir(root.workdir) == ["file.bin"]


@pytest.mark.needs("rsync")
def test_rsync_that_fails_hides_the_password(root: RootComponent, rsync_port: int) -> None:
    add(root, f"rsync://me:s3cret@127.0.0.1:{rsync_port}/files/file.bin")

    with pytest.raises(CmdExecutionError) as caught:
        root.component.deploy()

    assert "auth failed" in str(caught.value.stderr)
    assert "s3cret" not in f"{caught.value} {caught.value.rows()} {caught.value.cmd}"
