from batou.component import Component
from batou.utils import Address


class App(Component):

    def configure(self):
        self.log(str(Address("localhost", 80).listen_v6))
