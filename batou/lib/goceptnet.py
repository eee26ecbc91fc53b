"""Companions for the platform ``gocept.net``; importing this registers them."""

import os.path
from importlib.resources import files

from batou.component import Component, platform
from batou.lib.file import File
from batou.lib.service import Service
from batou.process import quote


@platform("gocept.net", Service)
class UserInit(Component):
    """An init script of the service user for a `Service`.

    It is ``/var/spool/init.d/<service user>/<name of the executable>``, calls
    start-stop-daemon(8), and knows start, stop, status and restart. A service
    without a pidfile is found by its executable.
    """

    name: str
    daemon: str

    def configure(self) -> None:
        self.name = os.path.basename(self.parent.executable)
        self.daemon = os.path.join(self.root.workdir, self.parent.executable)
        user = self.host.service_user or self.environment.service_user
        self += File(
            f"/var/spool/init.d/{user}/{self.name}",
            source=str(files("batou.lib") / "resources" / "init.sh"),
            template_args=self._arguments(),
            mode=0o755,
        )
        self._script = self._.path

    def _arguments(self) -> dict[str, str | None]:
        """What the script has to know, quoted for the shell."""
        daemon = quote(self.daemon)
        if not self.parent.pidfile:
            return {"daemon": daemon, "pidfile": None, "match": f"--exec {daemon}"}
        pidfile = quote(self.map(self.parent.pidfile))
        return {"daemon": daemon, "pidfile": pidfile, "match": f"--pidfile {pidfile}"}

    def start(self) -> None:
        """Start the service through its init script."""
        self.cmd([self._script, "start"], expand=False)
