from batou.component import Component
from batou.lib.file import File


class First(Component):

    def configure(self):
        self.provide("first", 1)
        self += File("first.cfg", content="first\n")


class App(Component):

    def configure(self):
        self.require("first")
        self.provide("app", 1)
        self += File("before.cfg", content="before\n")
        self += Broken()
        self += File("after.cfg", content="after\n")


class Broken(Component):

    def verify(self):
        with open("version") as file:
            self.version = file.read()


class Last(Component):

    def configure(self):
        self.require("app")
        self += File("last.cfg", content="last\n")
