from batou.component import Attribute, Component


class App(Component):

    password = Attribute(str)
