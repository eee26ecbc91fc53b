import sys

from batou.component import Component

sys.exit("app needs Linux")


class App(Component):
    pass
