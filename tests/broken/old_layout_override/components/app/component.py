from batou.component import Attribute, Component


class App(Component):

    port = Attribute(int, 80)

    def configure(self):
        self.port
