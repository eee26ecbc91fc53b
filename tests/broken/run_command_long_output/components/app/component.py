from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("never built")

    def update(self):
        self.cmd("seq 1 500000; echo the reason >&2; exit 1")
