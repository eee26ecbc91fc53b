from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("never built")

    def update(self):
        self.cmd("no-such-program --build 2>/dev/null")


class Web(App):

    def update(self):
        self.cmd(["no-such-program", "--build"])
