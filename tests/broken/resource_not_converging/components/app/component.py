from batou.component import Component


class Ping(Component):

    def configure(self):
        values = self.require("pong", strict=False)
        self.provide("ping", max(values, default=0) + 1)


class Pong(Component):

    def configure(self):
        values = self.require("ping", strict=False)
        self.provide("pong", max(values, default=0) + 1)
