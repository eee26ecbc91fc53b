from batou.component import Component


class Inner(Component):

    namevar = "name"

    def configure(self):
        raise ValueError(f"{self.name!r} is no good")


class Outer(Component):

    def configure(self):
        self += Inner("x")


class App(Component):

    def configure(self):
        self += Outer()
