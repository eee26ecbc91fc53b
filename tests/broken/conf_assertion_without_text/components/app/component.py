from batou.component import Component


class App(Component):

    port = 70000

    def configure(self):
        assert self.port < 65536
