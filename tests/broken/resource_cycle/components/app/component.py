from batou.component import Component


class App(Component):

    def configure(self):
        self.provide("app", 1)
        self.require("db")


class Db(Component):

    def configure(self):
        self.provide("db", 1)
        self.require("app")
