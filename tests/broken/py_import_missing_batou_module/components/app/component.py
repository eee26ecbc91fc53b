from batou.component import Component
from batou.lib.files import File


class App(Component):
    pass
