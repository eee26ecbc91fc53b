from batou.component import Component
from batou.lib.file import Flie


class App(Component):
    pass
