from batou.component import Component


class Base(Exception):
    pass


class RaisingError(Base):
    def __str__(self):
        raise RuntimeError("no text")


class ReturningError(Base):
    def __str__(self):
        return 5


class Raising(Component):
    def configure(self):
        raise RaisingError


class Empty(Component):
    def configure(self):
        raise Base


class Lines(Component):
    def configure(self):
        raise Base("first line\nsecond line\n\n    indented line\n")


class Huge(Component):
    def configure(self):
        raise Base("x" * 5_000_000)


class Returning(Component):
    def configure(self):
        raise ReturningError


class Escapes(Component):
    def configure(self):
        raise Base("\x1b]0;title\x07\x1b[31mred\x1b[0m \u202e bell\x07")
