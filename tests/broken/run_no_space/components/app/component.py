from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        with open("/dev/full", "w") as file:
            file.write("x" * 100000)
