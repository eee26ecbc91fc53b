from batou import Component


class App(Component):
    pass
