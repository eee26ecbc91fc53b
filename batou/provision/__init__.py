"""Provisioners bring hosts into being before they are deployed to.

A package offers one as an entry point of the group ``batou.provisioners``; an
environment uses it with a section ``[provisioner:NAME]`` whose ``method`` is the
name of the entry point.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batou.host import Host


class Provisioner:
    """Base of all provisioners.

    *rebuild* is what ``--provision-rebuild`` says: make hosts anew even if they
    exist.
    """

    rebuild = False

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def from_config_section(cls, name: str, section: Mapping[str, str]) -> Any:
        """Make the provisioner that ``[provisioner:name]`` describes.

        *section* holds text; it has ``as_list(key)``, too.
        """
        return cls(name)

    def configure_host(self, host: "Host", config: Mapping[str, str]) -> None:
        """Complete *host* from its own section while the environment is loaded."""

    def suggest_name(self, name: str) -> str:
        """The name of a host whose section says ``provision-dynamic-hostname``."""
        return name

    def provision(self, host: "Host") -> None:
        """Make sure that *host* exists and can be connected to."""

    def summarize(self, host: "Host") -> None:
        """Print how *host* can be reached, at the end of a run."""
