from batou.component import Component


class App(Component):

    def configure(self):
        self.port = 80 / 0
