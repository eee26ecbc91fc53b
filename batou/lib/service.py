"""`Service`: something that runs all the time; the platform says how it is started."""

from batou.component import Component


class Service(Component):
    """A long-running *executable*, relative to the work directory.

    It does nothing itself. A platform attaches a companion that registers the
    service with the init system, starts it at boot, and so on::

        @platform("debian", Service)
        class StartAtBoot(Component): ...

    *pidfile* is where the executable leaves its process id, if it does.
    """

    namevar = "executable"

    executable: str
    pidfile: str | None = None

    def start(self) -> None:
        """Start the service: the way of its platform, or else as a shell command.

        Only a companion that is registered for this host's platform and has a
        ``start`` of its own is asked.
        """
        start = getattr(self._platform_component, "start", None)
        if start is not None:
            start()
            return
        with self.chdir(self.workdir):
            self.cmd(self.executable)
