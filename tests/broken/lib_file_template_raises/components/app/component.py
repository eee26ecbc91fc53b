from batou.component import Component
from batou.lib.file import File


class App(Component):

    def backends(self):
        return [1 / 0]

    def configure(self):
        self += File("app.cfg", source="app.cfg")
