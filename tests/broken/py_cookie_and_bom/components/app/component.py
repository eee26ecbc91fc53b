# coding: latin-1
from batou.component import Component


class App(Component):
    pass
