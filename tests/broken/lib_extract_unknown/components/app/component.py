from batou.component import Component
from batou.lib.archive import Extract


class App(Component):

    def configure(self):
        self += Extract("app.rar", target="app")
