"""From a host of an environment to a line over which its agent answers."""

import sys

from batou.environment import Environment
from batou.errors import ConfigurationError
from batou.transport import Inbox, Line
from batou.transport.command import Reach
from batou.transport.execnet import open_line


def connect(environment: Environment, name: str, inbox: Inbox) -> Line:
    """A line to host *name*, at whose other end the agent starts; answers go to *inbox*.

    Raises ConnectionFailed if the host cannot be reached, and ConfigurationError
    if there is no way to reach it.
    """
    if environment.connect_method != "local":
        raise ConfigurationError(
            f"this version cannot connect by {environment.connect_method!r}; "
            "set connect_method = local in [environment]"
        )
    line, _ = open_line(name, Reach("local", name))
    line.send({"do": "start", "path": [entry for entry in sys.path if entry]})
    line.listen(inbox)
    return line
