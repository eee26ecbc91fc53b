from batou.component import Component


class Base(Exception):
    pass


class RaisingError(Base):
    def __str__(self):
        raise RuntimeError("no text")


class Raising(Component):
    def verify(self):
        raise RaisingError


class Empty(Component):
    def verify(self):
        raise Base


class Lines(Component):
    def verify(self):
        raise Base("first line\nsecond line\n\n    indented line\n")


class Huge(Component):
    def verify(self):
        raise Base("x" * 5_000_000)


class Escapes(Component):
    def verify(self):
        raise Base("\x1b]0;title\x07\x1b[31mred\x1b[0m bell\x07 \ud800 surrogate")
