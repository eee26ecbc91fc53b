from batou.component import Component
from batou.lib.file import JSONContent


class App(Component):

    def configure(self):
        self += JSONContent("app.json", source="app.json")
