"""An extension of Mercurial, run by hg: takes a login from the environment of the process."""

import os
from typing import Any


def uipopulate(ui: Any) -> None:
    """Give *ui* the login; Mercurial calls this for each one."""
    for key, variable in (
        (b"prefix", b"BATOU_LOGIN_PLACE"),
        (b"username", b"BATOU_LOGIN_USER"),
        (b"password", b"BATOU_LOGIN_PASSWORD"),
    ):
        value = os.environb.get(variable)
        if value is not None:
            ui.setconfig(b"auth", b"batou." + key, value, b"batou")
