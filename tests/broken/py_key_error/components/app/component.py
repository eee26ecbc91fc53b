import os

from batou.component import Component

TOKEN = os.environ["APP_TOKEN"]


class App(Component):
    pass
