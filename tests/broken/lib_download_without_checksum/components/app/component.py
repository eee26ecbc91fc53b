from batou.component import Component
from batou.lib.download import Download


class App(Component):

    def configure(self):
        self += Download("https://example.invalid/app-1.0.tar.gz")
