from batou.component import Component
from batou.lib.file import File


class App(Component):

    def configure(self):
        self += File("app.cfg", content="x\n")
