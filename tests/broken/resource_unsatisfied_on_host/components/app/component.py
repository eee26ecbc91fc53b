from batou.component import Component


class App(Component):

    def configure(self):
        self.database = self.require_one("database", host=self.host)


class Db(Component):

    def configure(self):
        self.provide("database", "mysql")
        self.require("database")
