from batou.component import Component


class App(Component):
    pass
