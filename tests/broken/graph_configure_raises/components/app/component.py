from batou.component import Component


class App(Component):

    def configure(self):
        raise ValueError("no port")
