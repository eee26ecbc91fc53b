"""Addresses, how names resolve, and which IP families are wanted.

The rules in force are ambient (`settings`), because component code makes
addresses without being handed an environment.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Any, Literal

from batou.errors import GetAddressInfoError, IPAddressConfigurationError
from batou.report import output

Wanted = bool | Literal["optional"]
"""Whether an IP family must resolve (True), must not be used (False), or may (``optional``)."""


@dataclass
class NetSettings:
    """Overrides of name resolution, and the families wanted by default."""

    resolve_override: dict[str, str] = field(default_factory=dict)
    resolve_v6_override: dict[str, str] = field(default_factory=dict)
    require_v4: Wanted = True
    require_v6: Wanted = False


ADDR_DEFAULT: Any = None
"""The argument of an `Address` that stands for the rule in force."""

_default = NetSettings()
_settings: ContextVar[NetSettings] = ContextVar("batou.net.settings", default=_default)


def settings() -> NetSettings:
    """The rules in force."""
    return _settings.get()


def use(rules: NetSettings) -> None:
    """Put *rules* into force from now on, in this context."""
    _settings.set(rules)


@contextmanager
def using(rules: NetSettings) -> Iterator[NetSettings]:
    """Put *rules* into force inside the block."""
    token = _settings.set(rules)
    try:
        yield rules
    finally:
        _settings.reset(token)


class _View(dict[str, str]):
    """A dictionary of the rules in force; what ``batou.utils.resolve_override`` is."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def _current(self) -> dict[str, str]:
        current: dict[str, str] = getattr(settings(), self._name)
        return current

    def __getitem__(self, key: str) -> str:
        return self._current()[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._current()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._current()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._current()

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def __bool__(self) -> bool:
        return bool(self._current())

    def __eq__(self, other: object) -> bool:
        return self._current() == (dict(other) if isinstance(other, _View) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return repr(self._current())

    def keys(self) -> Any:
        return self._current().keys()

    def values(self) -> Any:
        return self._current().values()

    def items(self) -> Any:
        return self._current().items()

    def get(self, key: str, default: Any = None) -> Any:
        return self._current().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        return self._current().pop(key, *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        return self._current().setdefault(key, default)

    def update(self, *args: Any, **kw: Any) -> None:
        self._current().update(*args, **kw)

    def clear(self) -> None:
        self._current().clear()

    def copy(self) -> dict[str, str]:
        return dict(self._current())


resolve_override = _View("resolve_override")
resolve_v6_override = _View("resolve_v6_override")


def resolve(host: str, port: Any = 0, resolve_override: dict[str, str] | None = None) -> str:
    """The first IPv4 address of *host*, an override if there is one.

    Raises socket.gaierror if the name cannot be resolved.
    """
    overrides = settings().resolve_override if resolve_override is None else resolve_override
    if address := overrides.get(host):
        output.annotate(f"resolved {host!r} to {address} by the environment", debug=True)
        return address
    found = socket.getaddrinfo(host, int(port or 0), socket.AF_INET)
    address = str(found[0][4][0])
    output.annotate(f"resolved {host!r} to {address}", debug=True)
    return address


def resolve_v6(host: str, port: Any = 0, resolve_override: dict[str, str] | None = None) -> str:
    """The first IPv6 address of *host* that is not link-local, an override if there is one.

    Raises socket.gaierror if the name cannot be resolved, and ValueError if it
    has link-local addresses (RFC 4291, 2.5.6) only.
    """
    overrides = settings().resolve_v6_override if resolve_override is None else resolve_override
    if address := overrides.get(host):
        output.annotate(f"resolved {host!r} to {address} by the environment (v6)", debug=True)
        return address
    found = socket.getaddrinfo(host, int(port or 0), socket.AF_INET6)
    usable = [str(entry[4][0]) for entry in found if not str(entry[4][0]).startswith("fe80:")]
    if not usable:
        raise ValueError(f"no usable IPv6 address for {host!r}, there are link-local ones only")
    output.annotate(f"resolved {host!r} to {usable[0]} (v6)", debug=True)
    return usable[0]


@total_ordering
class NetLoc:
    """A host and maybe a port, as they stand in URLs and configuration files."""

    def __init__(self, host: str, port: Any = None) -> None:
        self.host = host
        self.port = port

    def __str__(self) -> str:
        if not self.port:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"<NetLoc `{self}`>"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)

    def __hash__(self) -> int:
        return hash(str(self))


class _Defaults(type):
    """Makes ``Address.require_v4`` a view on the rules in force."""

    @property
    def require_v4(cls) -> Wanted:
        return settings().require_v4

    @require_v4.setter
    def require_v4(cls, value: Wanted) -> None:
        settings().require_v4 = value

    @property
    def require_v6(cls) -> Wanted:
        return settings().require_v6

    @require_v6.setter
    def require_v6(cls, value: Wanted) -> None:
        settings().require_v6 = value


@total_ordering
class Address(metaclass=_Defaults):
    """Where a service listens, and where its clients connect to.

    *connect_address* is ``host`` or ``host:port``, an IPv6 literal in brackets;
    a port in it wins over *port* and stays text. Raises ValueError without a
    port, or when both IP families are switched off.
    """

    def __init__(
        self,
        connect_address: str,
        port: Any = None,
        require_v4: Wanted | None = None,
        require_v6: Wanted | None = None,
    ) -> None:
        host, own_port = _split(connect_address)
        port = own_port or port
        if not port:
            raise ValueError(f"address {connect_address!r} needs a port, like {host}:8080")
        if str(port).isdigit() and int(port) > 65535:
            raise ValueError(f"address {connect_address!r} has port {port}, wanted 1 to 65535")
        self.require_v4 = settings().require_v4 if require_v4 is None else require_v4
        self.require_v6 = settings().require_v6 if require_v6 is None else require_v6
        if not self.require_v4 and not self.require_v6:
            raise ValueError(
                f"address {connect_address!r}: require_v4 and require_v6 are both switched off"
            )
        self.connect = NetLoc(host, port)
        self._listen: NetLoc | None = None
        self._listen_v6: NetLoc | None = None

    @property
    def listen(self) -> NetLoc | None:
        """The IPv4 address to listen on, resolved at first use.

        Raises IPAddressConfigurationError if IPv4 is switched off, and
        GetAddressInfoError if the name cannot be resolved.
        """
        if self._listen is None:
            self._listen = self._resolved(4, self.require_v4)
        return self._listen

    @listen.setter
    def listen(self, value: NetLoc | None) -> None:
        self._listen = value

    @property
    def listen_v6(self) -> NetLoc | None:
        """The IPv6 address to listen on; see `listen`."""
        if self._listen_v6 is None:
            self._listen_v6 = self._resolved(6, self.require_v6)
        return self._listen_v6

    @listen_v6.setter
    def listen_v6(self, value: NetLoc | None) -> None:
        self._listen_v6 = value

    def _resolved(self, family: int, wanted: Wanted) -> NetLoc | None:
        if not wanted:
            raise IPAddressConfigurationError(self, family)
        lookup = resolve if family == 4 else resolve_v6
        try:
            return NetLoc(lookup(self.connect.host, self.connect.port), self.connect.port)
        except (OSError, ValueError) as error:
            if wanted == "optional":
                return None
            if isinstance(error, OSError):
                raise GetAddressInfoError(str(self.connect), str(error)) from error
            raise

    def __str__(self) -> str:
        return str(self.connect)

    def __repr__(self) -> str:
        return f"<Address `{self}`>"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Address) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other) if isinstance(other, Address) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))


def _split(address: str) -> tuple[str, str | None]:
    """Host and port of ``host``, ``host:port`` or ``[v6]:port``.

    >>> _split("[::1]:80"), _split("localhost")
    (('::1', '80'), ('localhost', None))
    """
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        if bracket and (not rest or rest.startswith(":")):
            return host, rest[1:] or None
    elif address.count(":") <= 1:
        host, _, port = address.partition(":")
        return host, port or None
    raise ValueError(
        f"address {address!r} is not understood, write host:port, or [v6 address]:port"
    )
