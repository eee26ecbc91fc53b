import os

from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("never installed")

    def update(self):
        print("printed")
        os.write(1, b"past Python\n")
        self.cmd("echo broken >&2; exit 3")
