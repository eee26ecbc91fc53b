import ctypes

from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        ctypes.string_at(0)
