from batou.component import Component


class App(Component):

    def configure(self):
        self.require("database")
