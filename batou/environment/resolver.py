"""``[resolver]``: addresses that short-circuit name resolution."""

import ipaddress
from typing import TYPE_CHECKING

from batou.environment.ini import Config
from batou.errors import InvalidIPAddressError

if TYPE_CHECKING:
    from batou.environment.environment import Environment


def load_resolver(environment: "Environment", config: Config) -> None:
    """Read ``[resolver]``; of several addresses of a family, the last one counts."""
    section = config.get("resolver")
    if section is None:
        return
    rules = environment._net
    for name, text in section.items():
        for word in text.replace(",", " ").split() or [""]:
            try:
                address = ipaddress.ip_address(word)
            except ValueError:
                place = section.location(name, word)
                environment.exceptions.append(InvalidIPAddressError(word, place, name))
                continue
            if address.version == 4:
                rules.resolve_override[name] = word
            else:
                rules.resolve_v6_override[name] = word
