from batou.component import Component


class App(Component):

    def verify(self):
        if self.host.name == "web2":
            self.cmd("echo no server >&2; exit 1")
