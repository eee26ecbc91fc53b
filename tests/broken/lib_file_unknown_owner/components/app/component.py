from batou.component import Component
from batou.lib.file import File


class Owner(Component):

    def configure(self):
        self += File("owned", content="x\n", owner="nobody-here")


class Group(Component):

    def configure(self):
        self += File("grouped", content="x\n", group="nobodies-here")
