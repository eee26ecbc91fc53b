from batou.component import Component
from batou.lib.file import File


class None_(Component):

    def configure(self):
        self += File(None, content="x")


None_.__name__ = "None"


class Empty(Component):

    def configure(self):
        self += File("", content="x")


class Null(Component):

    def configure(self):
        self += File("a\0b", content="x")
