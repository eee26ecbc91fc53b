from batou.component import Component
from batou.lib.file import File


class App(Component):

    def configure(self):
        self += File("before", content="x\n")
        self += File("etc/app/app.cfg", content="x\n")
