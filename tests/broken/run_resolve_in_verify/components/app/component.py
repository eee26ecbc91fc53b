from batou.component import Component
from batou.utils import Address


class App(Component):

    def configure(self):
        self.address = Address("db.invalid:3306")

    def verify(self):
        self.address.listen
