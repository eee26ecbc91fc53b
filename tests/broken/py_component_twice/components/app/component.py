from batou.component import Component


class App(Component):
    port = 80


class APP(Component):
    port = 81
