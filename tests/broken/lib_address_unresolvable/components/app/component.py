from batou.component import Component
from batou.utils import Address


class App(Component):

    def configure(self):
        self.log(str(Address("db.invalid", 3306).listen))
