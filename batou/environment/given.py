"""On a host: the values that it was given, and a clear error for those it was not."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from batou.environment.overrides import Secret
from batou.errors import SecretWithheld

if TYPE_CHECKING:
    from batou.environment.environment import Environment


class Given(dict[str, Any]):
    """A dictionary of which this host has a part: asking for the rest raises SecretWithheld.

    *what* says what a value is, with ``{}`` for its key. All keys can be seen,
    as on the controller.
    """

    def __init__(self, values: Mapping[str, Any], withheld: Iterable[str], what: str) -> None:
        hidden = dict.fromkeys(withheld)
        super().__init__({key: value for key, value in values.items() if key not in hidden})
        self._withheld = hidden
        self._what = what

    def _refuse(self, key: str) -> None:
        if key in self._withheld and not super().__contains__(key):
            raise SecretWithheld(self._what.format(key))

    def __missing__(self, key: str) -> Any:
        self._refuse(key)
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._refuse(key)
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        self._refuse(key)
        return super().pop(key, *default)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._withheld

    def __iter__(self) -> Iterator[str]:
        yield from super().__iter__()
        yield from (key for key in self._withheld if not super(Given, self).__contains__(key))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def keys(self) -> Any:
        return dict.fromkeys(self).keys()

    def values(self) -> Any:
        return dict(self).values()

    def items(self) -> Any:
        return dict(self).items()

    def copy(self) -> dict[str, Any]:
        return dict(self)


def take(environment: "Environment", request: Mapping[str, Any]) -> None:
    """Give *environment*, which is loaded, the values in the controller's *request*.

    They are ``overrides`` with ``secret_keys``, ``host_data``, ``secret_host_data``,
    ``secret_files``, ``secret_data``, and ``withheld`` with the names of the rest.
    What was read here of components that the request leaves out stays.
    """
    withheld = request["withheld"]
    secret = set(map(tuple, request["secret_keys"]))
    for component, values in request["overrides"].items():
        environment.overrides[component] = {
            key: Secret(value) if (component, key) in secret else value
            for key, value in values.items()
        }
    environment.overrides = given(
        environment.overrides, withheld["overrides"], "the overrides of component {!r}"
    )
    _take_data(environment, request)
    environment.secret_files = given(
        dict(request["secret_files"]), withheld["files"], "the secret file {!r}"
    )
    environment.secret_data = set(request["secret_data"])


def _take_data(environment: "Environment", request: Mapping[str, Any]) -> None:
    withheld = request["withheld"]["data"]
    for name, host in environment.hosts.items():
        host.data.update(request["host_data"].get(name, {}))
        secret = request["secret_host_data"].get(name, {})
        host.data.update({key: Secret(value) for key, value in secret.items()})
        host.data = given(host.data, withheld.get(name, ()), f"the data {{!r}} of host {name!r}")


def given(values: dict[str, Any], withheld: Iterable[str], what: str) -> dict[str, Any]:
    """*values*, and if some are *withheld*, an error for those."""
    return Given(values, withheld, what) if withheld else values
