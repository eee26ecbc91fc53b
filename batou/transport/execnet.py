"""Lines over execnet."""

import contextlib
import shlex
import sys
from importlib.resources import files
from typing import Any

from batou.transport import Arrival, Inbox

END = object()


class ExecnetLine:
    """A line to an interpreter that execnet has started, in which stage zero runs."""

    def __init__(self, host: str, group: Any, gateway: Any, inbox: Inbox) -> None:
        self.host = host
        self._group = group
        self._channel = gateway.remote_exec(stage_zero())
        self._inbox = inbox
        self._channel.setcallback(self._arrived, endmarker=END)

    def _arrived(self, message: Any) -> None:
        if message is END:
            error = self._channel._getremoteerror() if not self._channel.isclosed() else None
            self._inbox.put(Arrival(self.host, closed=True, error=error))
        else:
            self._inbox.put(Arrival(self.host, message))

    def send(self, request: dict[str, Any]) -> None:
        """Send *request*; raises OSError if the line is broken."""
        self._channel.send(request)

    def close(self) -> None:
        """Close the line, and end the interpreter if it does not end by itself."""
        with contextlib.suppress(OSError, EOFError):
            self._channel.close()
        self._group.terminate(timeout=3)


def stage_zero() -> str:
    """The source text of stage zero."""
    return files("batou.agent").joinpath("stage0.py").read_text(encoding="utf-8")


def open_local(host: str, inbox: Inbox) -> ExecnetLine:
    """A line to a child process of this interpreter."""
    import execnet

    group = execnet.Group()
    python = shlex.join([sys.executable, "-I"])
    gateway = group.makegateway(f"popen//python={python}")
    line = ExecnetLine(host, group, gateway, inbox)
    line.send({"do": "start", "path": [entry for entry in sys.path if entry]})
    return line
