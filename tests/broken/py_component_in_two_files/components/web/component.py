from batou.component import Component


class App(Component):
    port = 81
