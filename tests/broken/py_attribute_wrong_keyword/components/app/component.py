from batou.component import Attribute, Component


class App(Component):
    port = Attribute(int, defualt=80)
