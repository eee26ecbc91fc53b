from batou.component import Attribute, Component


class App(Component):

    port = Attribute(int, 80)
    address = "localhost"
