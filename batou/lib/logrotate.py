"""Log rotation: `RotatedLogfile` names log files, `Logrotate` collects them."""

import os.path
from importlib.resources import files
from typing import Any

from batou.component import Component, HookComponent, platform
from batou.lib.file import File, Symlink


class RotatedLogfile(HookComponent):
    """A log file, or a pattern of log files, that is rotated.

    *path* is relative to the work directory; *args* are further options of
    logrotate(8), separated by commas; *prerotate* and *postrotate* are shell
    commands. Needs a `Logrotate` on the same host.
    """

    key = "batou.lib.logrotate:RotatedLogfile"
    namevar = "path"

    path: str
    args: Any = ""
    prerotate: str | None = None
    postrotate: str | None = None

    def configure(self) -> None:
        super().configure()
        self.path = self.map(os.path.join(self.workdir, self.path))
        options = self.args.split(",") if isinstance(self.args, str) else self.args
        self.args = [option.strip() for option in options if option.strip()]


class Logrotate(Component):
    """``logrotate.conf`` for all log files that are provided on this host.

    *common_config* are options that hold for all of them.
    """

    common_config: bytes | str = b""
    logrotate_template: bytes | str = (
        files("batou.lib") / "resources" / "logrotate.conf"
    ).read_bytes()

    logfiles: list[Any]
    logrotate_conf: File

    def configure(self) -> None:
        logfiles = self.require(RotatedLogfile.key, host=self.host)
        self.logfiles = sorted(logfiles, key=lambda logfile: logfile.path)
        self.logrotate_conf = File("logrotate.conf", content=self.logrotate_template)
        self += self.logrotate_conf


@platform("gocept.net", Logrotate)
class SpooledLogrotate(Component):
    """Puts the configuration where the hosts of gocept.net look for it."""

    def configure(self) -> None:
        user = self.host.service_user or self.environment.service_user
        self += Symlink(f"/var/spool/logrotate/{user}", source=self.parent.logrotate_conf.path)
