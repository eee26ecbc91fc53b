from batou.component import Component
from batou.lib.file import File


class App(Component):

    def configure(self):
        return File("app.cfg", content="x")
