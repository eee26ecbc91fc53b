from batou.component import Component


class App(Component):

    def configure(self):
        self.cmd("echo wrong version >&2; exit 3")
