from batou.component import Component
from batou.lib.file import YAMLContent


class App(Component):

    def configure(self):
        self += YAMLContent("app.yaml", source="app.yaml")
