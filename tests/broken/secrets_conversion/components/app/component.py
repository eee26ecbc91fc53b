from batou.component import Attribute, Component


class App(Component):

    password = Attribute(int)

    def configure(self):
        self.password
