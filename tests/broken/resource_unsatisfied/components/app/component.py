from batou.component import Component


class App(Component):

    def configure(self):
        self.databases = self.require("databse")


class Db(Component):

    def configure(self):
        self.provide("database", "mysql")
