from batou.component import Component
from batou.lib.python import VirtualEnv


class App(Component):

    def configure(self):
        self += VirtualEnv("3.99")
