from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("never installed")

    def update(self):
        raise RuntimeError("the index is down")
