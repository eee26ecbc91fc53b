from batou.component import Component
from batou.lib.python import Package


class App(Component):

    def configure(self):
        self += Package("requests", version="2.0")
