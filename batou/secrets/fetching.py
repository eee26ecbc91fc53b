"""Fetch lists of public keys over https."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

TIMEOUT = 15.0
"""Seconds to wait for a server."""

LARGEST = 1 << 20
"""Bytes of a list of keys; what is longer is something else."""

Fetch = Callable[[str], str]
"""Returns the text behind a URL; raises CannotFetch."""


class CannotFetch(Exception):
    """A URL gives no text; the message says why."""


class OnlyToHTTPS(urllib.request.HTTPRedirectHandler):
    """Follows redirects unless they lead away from https."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            raise CannotFetch(f"it redirects to {newurl}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, opener: urllib.request.OpenerDirector | None = None) -> str:
    """The text behind the https *url*; raises CannotFetch."""
    if not url.startswith("https://"):
        raise CannotFetch("it is not https, so anybody on the way could add a key")
    opener = opener or urllib.request.build_opener(OnlyToHTTPS)
    request = urllib.request.Request(url, headers={"User-Agent": "batou"})
    try:
        with opener.open(request, timeout=TIMEOUT) as response:
            content = response.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise CannotFetch(f"the server answers {error.code} {error.reason}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise CannotFetch(str(getattr(error, "reason", error))) from None
    if len(content) > LARGEST:
        raise CannotFetch(f"it is longer than {LARGEST} bytes, so it is no list of keys")
    return bytes(content).decode("utf-8", "replace")
