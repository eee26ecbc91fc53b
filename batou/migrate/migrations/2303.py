"""2.3: IPv6 is asked for."""

from collections.abc import Callable


def migrate(output: Callable[..., None]) -> None:
    """Tell that addresses have no IPv6 part by default."""
    output(
        "IPv6 is off unless an environment asks for it",
        "Addresses resolve to IPv4 only. Where IPv6 is needed, set in environment.cfg:\n"
        "    [environment]\n"
        "    require_v6 = True        (or `optional`: if the name has such an address)",
    )
