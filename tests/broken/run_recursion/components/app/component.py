from batou.component import Component


class App(Component):

    def verify(self):
        self.verify()
