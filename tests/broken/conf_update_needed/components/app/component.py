from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def configure(self):
        raise UpdateNeeded("port changed")
