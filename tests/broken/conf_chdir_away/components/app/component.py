import os

from batou.component import Component


class App(Component):

    def configure(self):
        os.chdir("/")
        raise ValueError("lost")
