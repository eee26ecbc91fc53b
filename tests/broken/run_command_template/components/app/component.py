from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded

    def update(self):
        self.cmd("make PREFIX={{component.prefix}}")
