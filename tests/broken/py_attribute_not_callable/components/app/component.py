from batou.component import Attribute, Component


class App(Component):
    port = Attribute(80)
