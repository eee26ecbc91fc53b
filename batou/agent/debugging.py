"""``breakpoint()`` in a component: a debugger that waits for a connection, on the host."""

import os
import sys
from typing import Any


def offer_debugger() -> None:
    """Let ``breakpoint()`` open a debugger on ``REMOTE_PDB_HOST`` and ``REMOTE_PDB_PORT``.

    Python runs isolated here, so it would not read ``PYTHONBREAKPOINT``.
    """
    for key, value in (("REMOTE_PDB_HOST", "127.0.0.1"), ("REMOTE_PDB_PORT", "4444")):
        if not os.environ.get(key):
            os.environ[key] = value
    sys.breakpointhook = _wait_for_connection


def _wait_for_connection(*args: Any, **kw: Any) -> None:
    from remote_pdb import RemotePdb

    host, port = os.environ["REMOTE_PDB_HOST"], int(os.environ["REMOTE_PDB_PORT"])
    RemotePdb(host, port).set_trace(sys._getframe(1))
