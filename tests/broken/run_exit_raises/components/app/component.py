from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("never")

    def update(self):
        self.connection = None

    def __exit__(self, *args):
        self.connection.close()
