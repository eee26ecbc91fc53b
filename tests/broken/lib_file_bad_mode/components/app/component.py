from batou.component import Component
from batou.lib.file import File


class Text(Component):

    def configure(self):
        self += File("a", content="x", mode="rwx")


class Big(Component):

    def configure(self):
        self += File("a", content="x", mode=0o77777)


class Octal(Component):

    def configure(self):
        self += File("a", content="x", mode="0o989")
