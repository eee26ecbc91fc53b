from batou.component import Component
from batou.utils import Address


class App(Component):

    def configure(self):
        self.address = Address("localhost")
