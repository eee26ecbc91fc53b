from batou.component import Component


class App(Component):

    def configure(self):
        self.require_one("app")
        self.provide("app", 1)
