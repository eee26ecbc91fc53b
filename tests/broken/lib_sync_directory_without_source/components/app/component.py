from batou.component import Component
from batou.lib.file import SyncDirectory


class App(Component):

    def configure(self):
        self += SyncDirectory("htdocs")
