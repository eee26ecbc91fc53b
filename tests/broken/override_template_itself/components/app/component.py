from batou.component import Attribute, Component


class App(Component):
    a = Attribute(str)
    b = Attribute(str)
