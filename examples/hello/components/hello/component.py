from batou.component import Attribute, Component
from batou.lib.file import File


class Hello(Component):
    """Greets everybody who logs in."""

    greeting = Attribute(str, default="Hello")

    def configure(self):
        self += File("hello.txt", source="hello.txt")
