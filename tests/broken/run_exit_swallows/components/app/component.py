from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("never")

    def update(self):
        raise RuntimeError("swallowed")

    def __exit__(self, *args):
        return True
