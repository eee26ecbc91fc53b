"""Stage zero: the first of batou that runs on a host.

Sent as source text over execnet and run there by whatever Python the host has,
3.8 or newer, with the standard library only. It answers requests, dictionaries
of builtin types, until it is told to ``start``: then it becomes the agent.
"""

import os
import platform
import sys
from typing import Any, Dict, List

OLDEST = (3, 10)


def probe() -> Dict[str, Any]:
    """What the controller needs to know of this host."""
    return {
        "say": "facts",
        "python": list(sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "executable": sys.executable,
        "machine": platform.machine(),
        "system": platform.system(),
        "uid": os.getuid(),
        "pid": os.getpid(),
        "home": os.path.expanduser("~"),
    }


def start(channel: Any, path: List[str]) -> None:
    """Put *path* in front of what can be imported, and become the agent."""
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        found = ".".join(map(str, sys.version_info[:3]))
        channel.send({"say": "refused", "why": f"Python {found} is too old", "wanted": wanted})
        return
    known = set(sys.path)
    sys.path[:0] = [entry for entry in path if entry not in known]
    from batou.agent.serve import serve

    serve(channel)


def main(channel: Any) -> None:
    """Answer requests."""
    if hasattr(os, "setsid"):
        try:
            os.setsid()  # Ctrl-C at the controller's terminal is not meant for us
        except OSError:
            pass
    for request in channel:
        if request["do"] == "probe":
            channel.send(probe())
        elif request["do"] == "start":
            start(channel, request["path"])
            return


if __name__ == "__channelexec__":
    main(globals()["channel"])  # execnet puts it there
