from batou.component import Component


class App(Component):

    def configure(self):
        self.provide("app", self)
        self.provide("data", {"key" * 10: "value" * 500})
