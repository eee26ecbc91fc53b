from batou.component import Component


class App(Component):

    def configure(self):
        self.database = self.require_one("database")


class Db(Component):

    def configure(self):
        self.provide("database", self.host.name)
