import http.client
import http.server
import io
import threading
import urllib.request
import urllib.response
from collections.abc import Iterator
from typing import Any

import pytest

from batou.secrets.fetching import LARGEST, CannotFetch, OnlyToHTTPS, fetch


class Handler(http.server.BaseHTTPRequestHandler):
    """``/keys`` is a list, the other paths misbehave."""

    def do_GET(self) -> None:
        if self.path == "/keys":
            return self._answer(200, b"ssh-ed25519 AAAA me\n")
        if self.path == "/large":
            return self._answer(200, b"x" * (LARGEST + 1))
        if self.path == "/to-http":
            return self._answer(302, b"", Location="http://example.com/keys")
        if self.path == "/moved":
            return self._answer(302, b"", Location="https://example.com/keys")
        return self._answer(404, b"")

    def _answer(self, code: int, content: bytes, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


class ToLocal(urllib.request.HTTPSHandler):
    """Stands for the https of ``example.com``, and asks a local server instead."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def https_open(self, req: urllib.request.Request) -> Any:
        local = f"http://127.0.0.1:{self._port}{req.selector}"
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        connection.request("GET", req.selector)
        answer = connection.getresponse()
        content = io.BytesIO(answer.read())
        connection.close()
        found: Any = urllib.response.addinfourl(content, answer.headers, local, answer.status)
        found.msg = answer.reason
        return found


@pytest.fixture
def opener() -> Iterator[urllib.request.OpenerDirector]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield urllib.request.build_opener(ToLocal(server.server_port), OnlyToHTTPS)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["keys", "moved"])
def test_the_text_behind_a_url_is_returned(opener: Any, path: str) -> None:
    assert fetch(f"https://example.com/{path}", opener) == "ssh-ed25519 AAAA me\n"


@pytest.mark.parametrize(
    "path, problem",
    [
        ("missing", "answers 404"),
        ("large", "longer than"),
        ("to-http", "redirects to http://example.com/keys, which is not https"),
    ],
)
def test_what_is_no_list_of_keys_is_refused(opener: Any, path: str, problem: str) -> None:
    with pytest.raises(CannotFetch, match=problem):
        fetch(f"https://example.com/{path}", opener)


@pytest.mark.parametrize("url", ["http://127.0.0.1/keys", "file:///etc/passwd"])
def test_nothing_but_https_is_opened(url: str) -> None:
    with pytest.raises(CannotFetch, match="not https"):
        fetch(url)


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(CannotFetch, match="refused"):
        fetch("https://127.0.0.1:1/keys")


def test_a_url_that_is_none_is_told() -> None:
    with pytest.raises(CannotFetch):
        fetch("https://exa mple.com/keys")
