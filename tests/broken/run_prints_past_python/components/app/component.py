import os

from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        os.write(1, b"past Python\n")
        os.system("echo a child on stdout")
        raise RuntimeError("after printing")
