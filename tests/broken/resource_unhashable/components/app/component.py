from batou.component import Component


class App(Component):

    def configure(self):
        self.require(["database"])


class Db(Component):

    def configure(self):
        self.provide({"database": 1}, "mysql")
