from batou.component import Attribute, Component, ConfigString


class App(Component):

    port = Attribute(int, ConfigString("eighty"))

    def configure(self):
        self.log(str(self.port))
