from batou.component import Component

VERSION = open("VERSION").read()


class App(Component):
    version = VERSION
