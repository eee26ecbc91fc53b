from batou.component import Component
from batou.utils import Address


class Text(Component):

    def configure(self):
        self.log(str(Address("localhost:http:80").listen))


class Big(Component):

    def configure(self):
        self.log(str(Address("localhost:99999").listen))
