from batou.component import Component
from batou.lib.file import Directory


class App(Component):

    def configure(self):
        self += Directory("htdocs", source="htdoc")
