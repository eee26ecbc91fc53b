from batou.component import Component
from batou.c.web import Web


class App(Component):
    web = Web
