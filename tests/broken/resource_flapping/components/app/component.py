from batou.component import Component


class Ping(Component):

    def configure(self):
        if not self.require("pong", strict=False):
            self.provide("ping", 1)


class Pong(Component):

    def configure(self):
        if self.require("ping", strict=False):
            self.provide("pong", 1)
