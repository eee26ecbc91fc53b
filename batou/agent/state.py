"""Where this host keeps what outlives a run: below ``.batou``."""

import json
import os
from typing import Any
from urllib.parse import quote

STATE = ".batou"


def state_directory(target: str, base_dir: str) -> str:
    """The directory for state: that of the target a project was shipped to, or of the project.

    *target* is ``/`` if nothing was shipped. A plan is unpacked below the state of the target
    that it is about, and looks there.

    >>> state_directory("/srv/app", "/srv/app"), state_directory("/", "/home/me/app")
    ('/srv/app/.batou', '/home/me/app/.batou')
    >>> state_directory("/srv/app/.batou/prediction", "/srv/app/.batou/prediction")
    '/srv/app/.batou'
    """
    if target == "/":
        return os.path.join(base_dir, STATE)
    above = os.path.dirname(target)
    return above if os.path.basename(above) == STATE else os.path.join(target, STATE)


def journal_path(target: str, base_dir: str, environment: str, host: str) -> str:
    """The journal of *host*. Of a project that is deployed where it is, each host has its own."""
    state = state_directory(target, base_dir)
    if target != "/":
        return os.path.join(state, "journal")
    return os.path.join(state, "journals", quote(environment, ""), quote(host, "") or "_")


def lock_owner(target: str, base_dir: str) -> dict[str, Any]:
    """Who holds the lock of the target, which is who runs this; empty if that is not written."""
    try:
        with open(os.path.join(state_directory(target, base_dir), "lock")) as file:
            owner = json.load(file)
    except (OSError, ValueError):
        return {}
    return owner if isinstance(owner, dict) else {}
