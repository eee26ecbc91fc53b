from batou.component import Component
from batou.lib.git import Clone


class App(Component):

    def configure(self):
        self += Clone("https://example.invalid/app.git")
