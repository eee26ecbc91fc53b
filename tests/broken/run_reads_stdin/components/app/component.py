from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        if input("really? ") != "yes":
            raise RuntimeError("not wanted")
