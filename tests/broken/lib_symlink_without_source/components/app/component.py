from batou.component import Component
from batou.lib.file import Symlink


class App(Component):

    def configure(self):
        self += Symlink("current")
