"""How a URL is asked for: logins, headers, certificates, proxies, redirects."""

import base64
import netrc
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from http.client import HTTPConnection, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit
from urllib.request import (
    HTTPCookieProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
    getproxies,
)

from batou.component import Component
from batou.errors import ConfigurationError
from batou.report import output

if TYPE_CHECKING:
    import ssl

IDLE_TIMEOUT = 30.0
"""Seconds to wait for a connection, and then for each further byte."""


def hide_password(url: str) -> str:
    """*url* for people.

    >>> hide_password("https://me:se@cret@example.com/x")
    'https://me:***@example.com/x'
    """
    before, at, _ = urlsplit(url).netloc.rpartition("@")
    user, colon, _ = before.partition(":")
    return url.replace(before + at, f"{user}:***@", 1) if colon else url


def split_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """*url* without user and password, and these.

    >>> split_login("https://me:s%20t@example.com/x")
    ('https://example.com/x', ('me', 's t'))
    """
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = userinfo.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))


def netrc_login(host: str) -> tuple[str, str] | None:
    """User and password that ``$NETRC`` or ``~/.netrc`` has for *host*."""
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    try:
        found = netrc.netrc(path).authenticators(host)
    except FileNotFoundError:
        return None
    except (netrc.NetrcParseError, OSError) as error:
        output.warn(f"going on without {path!r}: {error}")
        return None
    return (found[0] or found[1] or "", found[2] or "") if found else None


@dataclass(frozen=True)
class HttpOptions:
    """What of ``requests``' keyword arguments works here, under their names.

    *auth* is (user, password); *verify* False or the path of certificates to
    trust; *timeout* seconds, or (to connect, between bytes); *stream* is always on.
    """

    auth: tuple[str, str] | None = None
    headers: Mapping[str, str] | None = None
    params: Any = None
    cookies: Mapping[str, str] | None = None
    verify: bool | str = True
    cert: str | tuple[str, str] | None = None
    timeout: float | tuple[float | None, float | None] | None = IDLE_TIMEOUT
    allow_redirects: bool = True
    proxies: Mapping[str, str] | None = None
    stream: bool = True

    @classmethod
    def of(cls, kwargs: Mapping[str, Any], component: Component) -> "HttpOptions":
        """Read *kwargs*. Raises ConfigurationError for what does not work here."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(kwargs) - known):
            names = ", ".join(map(repr, unknown))
            raise ConfigurationError(
                f"requests_kwargs has {names}, wanted only {', '.join(sorted(known))}", component
            )
        values = dict(kwargs)
        if isinstance(timeout := values.get("timeout"), list):
            values["timeout"] = tuple(timeout)
        if (auth := values.get("auth")) is not None:
            if not (isinstance(auth, tuple | list) and len(auth) == 2):
                message = f"requests_kwargs has auth of type {type(auth).__name__!r}"
                raise ConfigurationError(f"{message}, wanted (user, password)", component)
            values["auth"] = tuple(auth)
        return cls(**values)

    @property
    def timeouts(self) -> tuple[float | None, float | None]:
        """Seconds to wait for a connection, and between bytes; None is for ever."""
        connect, between = self.timeout if isinstance(self.timeout, tuple) else [self.timeout] * 2
        return connect, between

    def url(self, url: str) -> str:
        """*url* with the parameters, quoted where it has to be."""
        parts = urlsplit(url)
        added = self.params if isinstance(self.params, str) else urlencode(self.params or {}, True)
        query = "&".join(filter(None, [parts.query, added]))
        keep = "!#$%&'()*+,/:;=?@[]~"
        return urlunsplit(
            parts._replace(path=quote(parts.path, keep), query=quote(query, keep), fragment="")
        )

    def opener(self, redirects: HTTPRedirectHandler) -> OpenerDirector:
        """What opens URLs: through the environment's proxies, following *redirects*."""
        proxies = ProxyHandler({**getproxies(), **(self.proxies or {})})
        _, between = self.timeouts
        secure = _Https(between, self._certificates())
        return build_opener(proxies, _Http(between), secure, HTTPCookieProcessor(), redirects)

    def _certificates(self) -> "ssl.SSLContext":
        import ssl

        bundle = self.verify if isinstance(self.verify, str) else None
        bundle = bundle or os.environ.get("REQUESTS_CA_BUNDLE") or None
        if bundle and os.path.isdir(bundle):
            context = ssl.create_default_context(capath=bundle)
        else:
            context = ssl.create_default_context(cafile=bundle)
        if self.verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert:
            context.load_cert_chain(*([self.cert] if isinstance(self.cert, str) else self.cert))
        return context


class _Http(HTTPHandler):
    """Opens ``http`` URLs; *between* is the timeout once the connection is made."""

    def __init__(self, between: float | None) -> None:
        super().__init__()
        self.between = between

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_patient(HTTPConnection, self.between), req)


class _Https(HTTPSHandler):
    def __init__(self, between: float | None, context: "ssl.SSLContext") -> None:
        super().__init__(context=context)
        self.between, self.context = between, context

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_patient(HTTPSConnection, self.between), req, context=self.context)


def _patient(kind: Any, between: float | None) -> Any:
    class Patient(kind):  # type: ignore[misc]  # either of two classes
        def connect(self) -> None:
            super().connect()
            self.sock.settimeout(between)

    return Patient


class Credentials:
    """Which headers a URL is asked with: the own ones only where the download started."""

    def __init__(self, url: str, login: tuple[str, str] | None, options: HttpOptions) -> None:
        self.origin = urlsplit(url)
        self.login = options.auth or login
        self.options = options

    def add_to(self, request: Request, login: tuple[str, str] | None = None) -> None:
        """Add to *request* what its URL may see; *login* is the URL's own."""
        parts = urlsplit(request.full_url)
        if self._is_at_home(parts.scheme, parts.netloc):
            login = login or self.login
            for key, value in (self.options.headers or {}).items():
                request.add_unredirected_header(key, value)
            if cookies := self.options.cookies:
                pairs = "; ".join(f"{key}={value}" for key, value in cookies.items())
                request.add_unredirected_header("Cookie", pairs)
        if not login and not request.has_header("Authorization"):
            login = netrc_login(parts.hostname or "")
        if login:
            word = base64.b64encode(":".join(login).encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {word}")

    def _is_at_home(self, scheme: str, netloc: str) -> bool:
        upgraded = (self.origin.scheme, scheme) == ("http", "https")
        return netloc == self.origin.netloc and (scheme == self.origin.scheme or upgraded)


class Redirects(HTTPRedirectHandler):
    """Follows redirects, to HTTP only, with the credentials that the new place may see."""

    http_error_308 = HTTPRedirectHandler.http_error_302  # missing before Python 3.11

    def __init__(self, credentials: Credentials, follow: bool) -> None:
        self.credentials, self.follow = credentials, follow

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        url, login = split_login(newurl)
        if not self.follow:
            msg = f"redirect to {url!r}, and allow_redirects is off"
        elif urlsplit(url).scheme not in ("http", "https"):
            msg = f"redirect to {url!r}, wanted http or https"
        else:
            code = 307 if code == 308 else code
            request = super().redirect_request(req, fp, code, msg, headers, url)
            if request:
                self.credentials.add_to(request, login)
            return request
        raise HTTPError(req.full_url, code, msg, headers, fp)
