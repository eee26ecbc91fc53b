"""`Companion`: what `batou.lib.service.Service` becomes on a platform with systemd."""

import os
import shlex

from batou.component import Component
from batou.lib.systemd.manager import Manager
from batou.lib.systemd.service import Service


class Companion(Component):
    """Starts a `batou.lib.service.Service` with systemd, now and when the host boots.

    Register it for the platform of your hosts::

        platform("ubuntu", batou.lib.service.Service)(batou.lib.systemd.Companion)

    The unit belongs to the system's manager where batou is root, else to the user's. It
    is named by the root component and the executable. With a pidfile the executable is
    expected to go to the background.
    """

    unit: str
    _user: bool

    def configure(self) -> None:
        executable, pidfile = self.parent.executable, self.parent.pidfile
        program = os.path.basename(shlex.split(executable)[0])
        name = f"{self.root.name}-{program}".replace(".", "-")
        self.unit = f"{name}.service"
        self._user = os.geteuid() != 0
        in_background = {"PIDFile": os.path.join(self.root.workdir, pidfile)} if pidfile else {}
        self += Service(
            name,
            command=executable,
            directory=self.root.workdir,
            type="forking" if pidfile else "simple",
            options=in_background,
            user=self._user,
            running=None,
        )

    def start(self) -> None:
        """Start the service, or start it again."""
        Manager(self._user).run("restart", "--", self.unit)
