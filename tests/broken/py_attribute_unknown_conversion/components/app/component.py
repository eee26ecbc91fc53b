from batou.component import Attribute, Component


class App(Component):
    port = Attribute("integer", 80)
