from batou.component import Component


class Strict(Exception):
    def __setattr__(self, name, value):
        raise TypeError("read-only")


class App(Component):
    def verify(self):
        raise Strict("no attributes")
