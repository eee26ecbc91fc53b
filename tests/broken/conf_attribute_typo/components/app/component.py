from batou.component import Component


class App(Component):

    address = "localhost"

    def configure(self):
        self.log(self.adress)
