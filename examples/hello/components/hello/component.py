from batou.component import Attribute, Component
from batou.lib.file import File


class Hello(Component):
    """Greets from a file below work/hello/, made from the template beside this one."""

    greeting = Attribute(str, "Hello")

    def configure(self):
        self += File("hello.txt")
