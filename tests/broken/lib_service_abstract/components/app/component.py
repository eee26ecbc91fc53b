from batou.component import Component
from batou.lib.service import Service


class App(Component):

    def configure(self):
        self += Service("app")
