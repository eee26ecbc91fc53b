import os

from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def configure(self):
        self.provide("app", 1)

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        os._exit(3)


class Last(Component):

    def configure(self):
        self.require("app")
