from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("never installed")

    def update(self):
        self.cmd("touch half")
        self._install("1.0")

    def _install(self, version):
        raise RuntimeError(f"version {version} cannot be installed")
