from batou.component import Component
from .options import options


class App(Component):
    port = options.port
