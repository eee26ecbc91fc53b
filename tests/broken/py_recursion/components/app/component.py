from batou.component import Component


def port(name):
    return port(name + "x")


class App(Component):
    port = port("app")
