import sys

from batou.component import Component


class App(Component):

    def configure(self):
        sys.exit("app needs Linux")
