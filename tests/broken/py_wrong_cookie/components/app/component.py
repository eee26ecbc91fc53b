# coding: latin-99
from batou.component import Component


class App(Component):
    pass
