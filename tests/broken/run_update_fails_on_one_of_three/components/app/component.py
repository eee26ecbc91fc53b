from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def configure(self):
        self.provide("app", self.host.name)

    def verify(self):
        raise UpdateNeeded("never installed")

    def update(self):
        if self.host.name == "web2":
            raise RuntimeError("disk is broken")


class Proxy(Component):

    def configure(self):
        self.backends = self.require("app")
