from batou.component import Component
from .helpers import port


class App(Component):
    pass
