from batou.component import Component
from batou.lib.download import Download


class App(Component):

    def configure(self):
        self += Download("http://downloads.invalid/app.tar.gz", checksum="sha256:" + "0" * 64)
