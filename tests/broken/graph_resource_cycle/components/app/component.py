from batou.component import Component


class App(Component):

    def configure(self):
        self.provide("app", self)
        self.require("db")


class Db(Component):

    def configure(self):
        self.provide("db", self)
        self.require("app")
