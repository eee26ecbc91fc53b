"""Services, log files and supervisor on Debian; importing this registers the companions.

They hold for the platforms ``debian`` and, since batou 3, ``ubuntu``. Cron jobs
are the means for everything here, so the host needs a `batou.lib.cron.CronTab`.
"""

import os.path

import batou.lib.logrotate
import batou.lib.supervisor
from batou.component import Attribute, Component, ConfigString, platform
from batou.lib.cron import CronJob
from batou.lib.service import Service


@platform("ubuntu", Service)
@platform("debian", Service)
class RebootCronjob(Component):
    """Starts a `Service` when the host boots."""

    def configure(self) -> None:
        self += CronJob(
            os.path.join(self.root.workdir, self.parent.executable),
            timing="@reboot",
            logger=self.root.name,
        )


class Supervisor(batou.lib.supervisor.Supervisor):
    """A supervisor with its pidfile in ``var``."""

    pidfile = Attribute(str, ConfigString("var/supervisord.pid"), map=True)


class Logrotate(batou.lib.logrotate.Logrotate):
    """Rotates daily, keeps 14 days, compressed."""

    common_config = b"""\
daily
rotate 14
create
dateext
compress
notifempty
nomail
noolddir
missingok
sharedscripts
"""


@platform("ubuntu", Logrotate)
@platform("debian", Logrotate)
class LogrotateCronjob(Component):
    """Runs logrotate(8) every day at 02:45."""

    def configure(self) -> None:
        state = os.path.join(self.workdir, "logrotate.state")
        self += CronJob(
            "/usr/sbin/logrotate",
            args=f"-s {state} {self.parent.logrotate_conf.path}",
            timing="45 2 * * *",
        )
