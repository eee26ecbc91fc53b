from batou import UpdateNeeded
from batou.component import Attribute, Component


class App(Component):

    password = Attribute(str)

    def verify(self):
        raise UpdateNeeded(f"not {self.password}")

    def update(self):
        self.cmd(f"echo {self.password} >&2; false --password={self.password}")
