from batou.component import Component


class App(Component):

    def verify(self):
        return 1 / 0
