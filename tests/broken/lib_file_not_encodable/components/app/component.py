from batou.component import Component
from batou.lib.file import File


class App(Component):

    def configure(self):
        self += File("motd", content="Grüße aus 東京\n", encoding="latin-1")
