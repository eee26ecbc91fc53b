from batou.component import Component
from batou_ext.nix import Package


class App(Component):
    pass
