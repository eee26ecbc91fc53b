from batou.component import Component
from batou.lib.file import File


class App(Component):

    def configure(self):
        config = File("app.cfg", content="x")
        self += config
        self += config
