from batou.component import Component
from batou.lib.file import File


class App(Component):

    def configure(self):
        self += File("etc", content="x\n")
        self += File("etc/app.cfg", content="x\n")
