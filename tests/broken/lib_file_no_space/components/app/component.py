import resource
import signal

from batou.component import Component
from batou.lib.file import File


class Limit(Component):
    """What a full disk looks like, without one."""

    def verify(self):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))


class App(Component):

    def configure(self):
        self += File("small", content="x\n")
        self += Limit()
        self += File("app.cfg", content="port = 80\n" * 10000)
