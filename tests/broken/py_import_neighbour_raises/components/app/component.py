from batou.component import Component
from .helpers import PORT


class App(Component):
    port = PORT
