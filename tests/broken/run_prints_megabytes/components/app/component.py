from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        print("x" * 3_000_000)
        raise RuntimeError("after printing")
