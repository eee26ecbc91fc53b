from batou.component import Component
from batou.lib.download import Download


class App(Component):

    def configure(self):
        self += Download(
            "file://" + self.defdir + "/app.txt",
            checksum="sha256:" + "0" * 64,
        )
