from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("never built")

    def update(self):
        self.cmd("echo compiling; echo 'main.c:3: error: no such thing' >&2; exit 2")
