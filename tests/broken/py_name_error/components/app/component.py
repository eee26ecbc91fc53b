from batou.component import Component


class App(Component):
    address = Attribute(str, "localhost")
