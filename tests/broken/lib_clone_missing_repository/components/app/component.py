from batou.component import Component
from batou.lib.git import Clone


class App(Component):

    def configure(self):
        self += Clone(self.defdir + "/nothing", branch="main", target="app")
